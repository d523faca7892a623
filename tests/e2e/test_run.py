"""`cleanslate run` with the real clients: a window an invocation, and the truth about a runtime that can't be watched."""

import json

from harness import BASH_RUNTIME, CLIENTS, FUNCTIONS, Case, main, of_type

INVOCATIONS = 100


class RunClients(Case):
    def check(self, *command, options=()):
        log = self.scratch / "requests"
        env = {"REQUEST_LOG": log} | self.own_tmp()
        done = self.run_function(*command, n=INVOCATIONS, options=["--root", FUNCTIONS, *options], env=env)
        seen = log.read_text().split()
        self.assertEqual(len(set(seen)), INVOCATIONS)
        self.assert_one_window_an_invocation(done.reports, seen)
        self.assert_silent(done.reports)

    def test_python_by_handler(self):
        self.check(options=["--handler", "app.handler", "--event", '{"a":1}'])

    def test_node_by_handler(self):
        (self.scratch / "root").mkdir()
        (self.scratch / "root" / "app.js").write_text((FUNCTIONS / "app.js").read_text())
        self.check(options=["--root", self.scratch / "root", "--handler", "app.handler"])

    def test_commands(self):
        for name, command in CLIENTS.items():
            with self.subTest(client=name):
                self.setUp()
                self.check(*command)

    def test_without_preload_there_are_no_reports(self):
        done = self.run_function(*CLIENTS["awslambdaric"], options=["--root", FUNCTIONS, "--no-preload"])
        self.assertEqual(done.reports, [])

    def test_json_summary(self):
        done = self.run_function(*CLIENTS["libcurl"], n=5, options=["--format", "json"], env=self.own_tmp())
        summary = json.loads(done.stdout)
        self.assertEqual(summary["windows"], 5)
        self.assertEqual([one for one in summary["findings"] if one["severity"] != "info"], [])

    def test_bash_runtime_is_said_to_be_unwatched(self):
        log = self.scratch / "requests"
        done = self.run_function(*BASH_RUNTIME, n=5, env={"REQUEST_LOG": log} | self.own_tmp())
        self.assertEqual(len(log.read_text().split()), 5)
        self.assertEqual(of_type(done.reports, "window"), [])
        self.assertIn("not watched", done.stdout + done.stderr)


if __name__ == "__main__":
    main()
