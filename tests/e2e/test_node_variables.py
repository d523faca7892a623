"""What the probe of Node tells at each boundary: leaky variables by name, clean ones never again.

The witness (functions/node_witness.cjs) writes down what the JavaScript half hands to the native one.
"""

import json
import re

from harness import BUILD, FUNCTIONS, RUNTIMES, Case, main, node_client

FOLDER = FUNCTIONS / "node_variables"
WITNESS = FUNCTIONS / "node_witness.cjs"
PROBE = BUILD / "lib" / "cleanslate-node.cjs"
WINDOWS = 5

# What connections and Node's own work come and go with.
PASSING = re.compile(r"resources\.")

# Handler: the variables that it must be found by, and the event's fields that stand in one of them.
LEAKY = {
    "list": ({"leaky.list"}, {"event.token"}),
    "map": ({"leaky.map"}, set()),  # what a key of the event leads to was looked up by it
    "nested": ({"leaky.nested.orders"}, {"event.customer"}),
    "listeners": ({"leaky.listeners.on(order)"}, set()),
    "last": ({"leaky.last"}, {"event.token", "event.customer"}),
    "catalogue": ({"leaky.Catalogue.seen"}, set()),
    "service": ({"leaky.service.lastEvent", "leaky.service.#history"}, {"event.token", "event.customer"}),
    "closure": ({"leaky.counter().hits"}, {"event.customer"}),
    "intervals": ({"leaky.setInterval(line 42)"}, set()),
}


def events_of(count):
    return [
        {"token": f"token-of-call-{n}", "customer": f"customer number {n}", "number": 100000 + n}
        for n in range(count)
    ]


class NodeVariables(Case):
    def looks(self, command, env=None, count=WINDOWS):
        """What was told at the first boundary and at the end of each window."""
        file = self.scratch / "looks.jsonl"
        file.unlink(missing_ok=True)
        events = events_of(count)
        environment = {
            "NODE_OPTIONS": f'--require "{WITNESS}" --require "{PROBE}"',
            "CLEANSLATE_BUDGET_MS": "2000",  # the machine may be busy
            "WITNESS_FILE": file,
            "WITNESS_EVENTS": json.dumps(events),
        }
        run = self.drive(
            command, [json.dumps(event).encode() for event in events], env=environment | (env or {}), cwd=FOLDER
        )
        self.assertEqual([answer.kind for answer in run.answers], ["response"] * count)
        looks = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return run, looks

    def check_leaky(self, looks, names, fields):
        self.assertEqual(len(looks), WINDOWS + 1)
        for look in looks[2:]:
            changed = {each["name"]: each for each in look["seen"] if not PASSING.match(each["name"])}
            self.assertEqual(set(changed), names)
            held = {held["field"] for each in changed.values() for held in each["holds"] if not held["number"]}
            self.assertEqual(held, fields)

    def check_clean(self, looks):
        self.assertEqual(len(looks), WINDOWS + 1)
        for look in looks[2:]:
            self.assertEqual([each["name"] for each in look["seen"] if not PASSING.match(each["name"])], [])
            self.assertEqual([each for each in look["gone"] if not PASSING.match(each["name"])], [])

    def test_leaky_variables_under_the_official_client(self):
        for name, (variables, fields) in LEAKY.items():
            with self.subTest(name):
                _, looks = self.looks(node_client(f"leaky.{name}"))
                self.check_leaky(looks, variables, fields)
                growing = [each for look in looks[2:] for each in look["seen"] if each["name"] in variables]
                self.assertTrue(all(each["file"] in ("leaky.js", "") for each in growing))

    def test_clean_twins_under_the_official_client(self):
        for name in LEAKY:
            with self.subTest(name):
                _, looks = self.looks(node_client(f"clean.{name}"))
                self.check_clean(looks)

    def test_es_modules(self):
        _, looks = self.looks(node_client("modules.leaky"))
        self.check_leaky(
            looks, {"modules.last", "lib/store.hidden", "lib/store.kept"}, {"event.customer"}
        )
        _, looks = self.looks(node_client("modules.clean"))
        self.check_clean(looks)

    def test_the_clients_alternative_in_javascript(self):
        _, looks = self.looks(
            node_client("leaky.list"), env={"AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1": "true"}
        )
        self.check_leaky(looks, *LEAKY["list"])

    def test_runtimes_of_their_own(self):
        node = str(RUNTIMES / "node/bin/node")
        for command in (
            [node, FOLDER / "http_runtime.js", "service", "keeping"],
            [node, FOLDER / "http_runtime.js", "service", "closing"],
            [node, FOLDER / "fetch_runtime.mjs", "service"],
        ):
            with self.subTest(command[1:]):
                _, looks = self.looks(list(map(str, command)))
                self.check_leaky(looks, *LEAKY["service"])

    def test_every_node_there_is(self):
        for node in sorted(RUNTIMES.glob("node*/bin/node")):
            with self.subTest(node.parts[-3]):
                command = [str(node), str(FOLDER / "http_runtime.js"), "service", "keeping"]
                _, looks = self.looks(command)
                self.check_leaky(looks, *LEAKY["service"])

    def test_the_newer_official_client(self):
        node22 = RUNTIMES / "node22"
        command = [str(node22 / "bin/node"), str(node22 / "node_modules/aws-lambda-ric/index.mjs")]
        needs = {"AWS_LAMBDA_LOG_GROUP_NAME": "group", "AWS_LAMBDA_LOG_STREAM_NAME": "stream"}
        _, looks = self.looks(command, env={"_HANDLER": "leaky.service"} | needs)
        self.check_leaky(looks, *LEAKY["service"])

    def test_worker_threads_are_counted_and_left_alone(self):
        _, looks = self.looks(node_client("hostile.workers"))
        self.assertEqual([look["workers"] for look in looks], list(range(WINDOWS + 1)))

    def test_children_are_left_alone(self):
        run, looks = self.looks(node_client("hostile.child"))
        self.assertEqual([json.loads(answer.body) for answer in run.answers], ["0 0 ok"] * WINDOWS)
        self.assertEqual(len(looks), WINDOWS + 1)

    def test_the_programs_own_inspector_session(self):
        run, looks = self.looks(node_client("hostile.session"))
        self.assertEqual([json.loads(answer.body) for answer in run.answers], [42] * WINDOWS)
        self.assertEqual({look["off"] for look in looks}, {""})

    def test_stays_off_while_somebody_may_debug(self):
        command = node_client("leaky.list")
        _, looks = self.looks([command[0], "--inspect=127.0.0.1:0", *command[1:]])
        self.assertEqual([(look["off"], look["seen"]) for look in looks], [("a debugger may be attached", [])])

    def test_stays_off_where_the_global_object_is_frozen(self):
        command = [str(RUNTIMES / "node/bin/node"), str(FOLDER / "http_runtime.js"), "list", "keeping", "frozen"]
        _, looks = self.looks(command)
        self.assertEqual([look["off"] for look in looks], ["the global object is frozen"])

    def test_stays_off_where_objects_have_a_to_json(self):
        command = [str(RUNTIMES / "node/bin/node"), str(FOLDER / "http_runtime.js"), "list", "keeping", "tojson"]
        _, looks = self.looks(command)
        self.assertEqual([look["off"] for look in looks], ["Object.prototype has a toJSON"])

    def test_switched_off(self):
        for env in ({"CLEANSLATE_PROBES": "off"}, {"CLEANSLATE": "off"}, {"CLEANSLATE_PROBES": "python"}):
            with self.subTest(env):
                _, looks = self.looks(node_client("leaky.list"), env=env)
                self.assertEqual(looks, [])

    def test_a_program_is_the_same_with_it_and_without(self):
        env = {"NODE_OPTIONS": f'--require "{PROBE}"'}
        for handler in ("leaky.service", "modules.leaky"):
            events = [json.dumps(event).encode() for event in events_of(WINDOWS)]
            plain = self.drive(node_client(handler), events, preload=False, cwd=FOLDER)
            probed = self.drive(node_client(handler), events, env=env, cwd=FOLDER)
            self.assertEqual(probed.answers, plain.answers)
            self.assertEqual(probed.stdout, plain.stdout)
            self.assertEqual(probed.stderr, plain.stderr)


if __name__ == "__main__":
    main()
