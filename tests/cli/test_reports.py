"""Report lines reach the summary, the file and the exit code, here from a function that writes them itself."""

import json
import sys

from harness import DONE, FAIL_ON, VICTIM, Case, main

FINDING = {
    "rule": "tmp-growth",
    "severity": "warning",
    "subject": "/tmp/a*",
    "message": "one more file a call",
    "fingerprint": "v1:0123456789abcdef",
    "count": 1,
}


class Reports(Case):
    # The victim writes in the library's place: CLEANSLATE=off keeps the library itself quiet.
    def report(self, *options, finding=None, expect=DONE):
        arguments = [json.dumps([finding])] if finding else []
        return self.run_victim(
            "report",
            "--with-library",
            "--env",
            "CLEANSLATE=off",
            *options,
            arguments=arguments,
            expect=expect,
        )

    def test_every_line_is_in_the_file(self):
        for place in (self.folder / "reports.jsonl", "reports.jsonl"):
            self.report("-n", "3", "--reports", place)
            lines = [json.loads(line) for line in (self.folder / "reports.jsonl").read_text().splitlines()]
            self.assertEqual(
                [line["cleanslate"]["type"] for line in lines], ["init", "window", "window", "window"]
            )

    def test_the_summary_has_the_findings(self):
        summary = json.loads(self.report("-n", "3", "--format", "json", finding=FINDING).out)
        self.assertEqual(summary["windows"], 3)
        self.assertEqual([one["rule"] for one in summary["findings"]], ["tmp-growth"])
        self.assertIn("one more file a call", self.report("-n", "3", finding=FINDING).out)

    def test_fail_on(self):
        for option, expect in (
            ("tmp-growth", FAIL_ON),
            ("warning", FAIL_ON),
            ("info", FAIL_ON),
            ("critical", DONE),
            ("heap-growth", DONE),
            ("critical,tmp-growth", FAIL_ON),
        ):
            with self.subTest(option=option):
                self.report("-n", "2", "--fail-on", option, finding=FINDING, expect=expect)
        self.report("-n", "2", "--fail-on", "info")

    def test_a_function_that_is_not_seen_into_is_told(self):
        done = self.run_victim("echo", "--with-library", "--env", "CLEANSLATE=off", "-n", "2")
        self.assertIn("not watched", done.err)
        self.assertIn("not watched", done.out)
        done = self.run_victim(
            "echo", "--with-library", "--env", "CLEANSLATE=off", "-n", "2", "--format", "json"
        )
        self.assertIn("not watched", json.dumps(json.loads(done.out)))

    def test_the_users_output_wins(self):
        done = self.run_victim(
            "report",
            "--with-library",
            "--env",
            f"CLEANSLATE_OUTPUT=file:{self.folder}/own",
            "--env",
            "CLEANSLATE=off",
            "-n",
            "2",
        )
        self.assertEqual(len((self.folder / "own").read_text().splitlines()), 3)
        self.assertIn("reports went to", done.err)


if __name__ == "__main__":
    main()
