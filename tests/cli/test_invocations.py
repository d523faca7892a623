"""Events go in, answers come out, and what the function says is passed on."""

import json
import sys

from harness import VICTIM, Case, main


class Invocations(Case):
    def test_five_by_default_with_an_empty_object(self):
        done = self.run_victim("tell")
        self.assertEqual(self.said(done.out, "event"), [f"{n} {{}}" for n in range(1, 6)])

    def test_events_are_used_in_turn(self):
        (self.folder / "one.json").write_text('{"from": "file"}')
        (self.folder / "more.jsonl").write_text('[1]\n\n"two"\n')
        done = self.run_victim(
            "tell", "-e", '{"a":  1}', "--event", "@one.json", "--events", "more.jsonl", "-n", "6"
        )
        expected = ['{"a":  1}', '{"from": "file"}', "[1]", '"two"', '{"a":  1}', '{"from": "file"}']
        self.assertEqual(
            self.said(done.out, "event"), [f"{n + 1} {event}" for n, event in enumerate(expected)]
        )

    def test_every_event_of_a_long_file_is_used(self):
        (self.folder / "many.jsonl").write_text("".join(f"{n}\n" for n in range(8)))
        done = self.run_victim("tell", "--events", "many.jsonl")
        self.assertEqual(len(self.said(done.out, "event")), 8)

    def test_the_environment_is_lambdas(self):
        root = self.folder / "my-function"
        root.mkdir()
        done = self.run_victim(
            "environment",
            "-n",
            "1",
            "--root",
            "my-function",
            "--memory",
            "512",
            "--env",
            "MINE=a=b",
            "--env",
            "TZ=Europe/Berlin",
            arguments=["app.handler"],
            _HANDLER="other",
            HOME="/somewhere",
        )
        (text,) = self.said(done.out, "environment")
        environment = json.loads(text)
        for name, value in {
            "AWS_LAMBDA_FUNCTION_NAME": "my-function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/my-function",
            "_HANDLER": "app.handler",
            "LAMBDA_TASK_ROOT": str(root.resolve()),
            "MINE": "a=b",
            "TZ": "Europe/Berlin",
            "HOME": "/somewhere",
        }.items():
            self.assertEqual(environment.get(name), value, name)
        self.assertNotIn("LD_PRELOAD", environment)
        self.assertEqual(self.said(done.out, "folder"), [str(root.resolve())])

    def test_nothing_of_ours_is_inherited(self):
        done = self.run_victim("environment", "-n", "1")
        self.assertEqual(self.said(done.out, "descriptors"), ["[0, 1, 2]"])
        self.assertEqual(self.said(done.out, "stdin"), ["/dev/null"])

    def test_a_wrapper_is_put_before_the_command(self):
        wrapper = self.folder / "wrapper"
        wrapper.write_text('#!/bin/sh\nexport WRAPPED="$1"\nexec "$@"\n')
        wrapper.chmod(0o755)
        done = self.run_victim("environment", "-n", "1", "--env", f"AWS_LAMBDA_EXEC_WRAPPER={wrapper}")
        self.assertEqual(json.loads(self.said(done.out, "environment")[0])["WRAPPED"], sys.executable)

    def test_a_relative_command_is_below_the_root_or_here(self):
        script = f"#!/bin/sh\nexec {sys.executable} {VICTIM} echo\n"
        for place in ("root/below", "here"):
            path = self.folder / place
            path.parent.mkdir(exist_ok=True)
            path.write_text(script)
            path.chmod(0o755)
        self.run_command("run", "--no-preload", "-n", "1", "--root", "root", "./below")
        self.run_command("run", "--no-preload", "-n", "1", "--root", "root", "./here")

    def test_options_after_the_command_are_its_own(self):
        done = self.run_command(
            "run", "--no-preload", "-n", "1", sys.executable, VICTIM, "tell", "-n", "9", "--root"
        )
        self.assertEqual(len(self.said(done.out, "event")), 1)

    def test_any_output_is_passed_on(self):
        done = self.run_victim("noisy", "-n", "1")
        self.assertIn("| bytes \udcff\x00\x01 end\n", done.out)
        long = [line for line in done.out.splitlines() if line.startswith("| yyy")]
        self.assertEqual("".join(line.removeprefix("| ") for line in long), "y" * 300_000)
        self.assertIn("| without a newline\n", done.err)

    def test_json_is_all_that_is_on_standard_output(self):
        done = self.run_victim("tell", "--format", "json", "-n", "2")
        self.assertEqual(json.loads(done.out)["windows"], 0)
        self.assertEqual(len(self.said(done.err, "event")), 2)

    def test_json_to_a_file(self):
        done = self.run_victim("tell", "--format", "json", "-n", "2", "-o", "summary.json")
        self.assertEqual(json.loads((self.folder / "summary.json").read_text())["windows"], 0)
        self.assertEqual(len(self.said(done.out, "event")), 2)

    def test_errors_of_the_handler_are_shown_and_are_no_failure_of_the_run(self):
        done = self.run_victim("fail", "-n", "3")
        self.assertEqual(done.err.count("ValueError: as asked"), 3)

    def test_payloads_of_six_megabytes(self):
        size = 6 << 20
        (self.folder / "large.json").write_text('"' + "x" * (size - 2) + '"')
        self.run_victim("echo", "-n", "3", "-e", "@large.json", "--timeout", "60")
        done = self.run_victim(
            "large", "-n", "2", "-e", str(size + 100), "-e", str(size + 101), "--timeout", "60"
        )
        self.assertEqual(self.said(done.out, "status"), ["202", "413"])
        self.assertIn("exceeded maximum allowed payload size", done.err)

    def test_rules_of_the_runtime_api(self):
        done = self.run_victim("repeat_next", "-n", "2")
        self.assertEqual(
            [self.said(done.out, word) for word in ("same", "wrong", "right", "again", "init")],
            [["True"], ["400"], ["202"], ["403"], ["403"]],
        )

    def test_several_at_once(self):
        done = self.run_victim("three_at_once", "-n", "9", "--env", "AWS_LAMBDA_MAX_CONCURRENCY=3")
        self.assertEqual(done.err, "")

    def test_unusual_http(self):
        for words in ("dribble", "lower-case", "close", "chunked", "dribble,lower-case,close,chunked,freeze"):
            with self.subTest(words=words):
                done = self.run_victim("tell", "--emulate", words, "-n", "4", "-e", '"' + "x" * 5000 + '"')
                self.assertEqual(len(self.said(done.out, "event")), 4)

    def test_help_and_version(self):
        self.assertIn("--invocations", self.run_command("run", "--help").out)
        self.assertIn("Exit codes", self.run_command("run", "--help").out)
        self.assertRegex(self.run_command("--version").out, r"^cleanslate \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    main()
