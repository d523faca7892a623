"""What the user has decided to live with: set aside, counted, and told of when it does nothing."""

import json

from harness import DONE, FAIL_ON, Case, main

LINES = """\
# what is known
tmp-growth:cache-*.txt  # bounded by the number of templates
heap-growth:no_such_function
tmp-growth:invoice until=2020-02-29
tmp-growth:invoice until=soon
"""


class Suppressions(Case):
    def leave_files(self, *options, expect=DONE, **env):
        watched = self.folder / "watched"
        watched.mkdir(exist_ok=True)
        for path in watched.iterdir():
            path.unlink()
        return self.run_victim(
            "leave_files",
            "--with-library",
            "-n",
            "6",
            "--env",
            f"CLEANSLATE_TMP={watched}",
            "--env",
            "CLEANSLATE_STATE=tmp,heap",
            *options,
            expect=expect,
            **env,
        )

    def check(self, totals, name):
        silenced = totals["suppressed"]["tmp-growth:cache-*.txt"]
        self.assertGreaterEqual(silenced, 2)  # in the windows 5 and 6
        self.assertEqual(list(totals["suppressed"]), ["tmp-growth:cache-*.txt"])
        self.assertEqual(
            totals["unusedSuppressions"],
            [{"file": str(name), "line": 3, "text": "heap-growth:no_such_function"}],
        )

    def test_the_function_applies_what_lies_beside_its_code(self):
        (self.folder / "cleanslate.supp").write_text(LINES)
        done = self.leave_files("--format", "json", "--fail-on", "tmp-growth", expect=FAIL_ON)
        summary = json.loads(done.out)
        self.check(summary["totals"], "cleanslate.supp")
        growing = [one["subject"] for one in summary["findings"] if one["rule"] == "tmp-growth"]
        self.assertEqual(len(growing), 1, growing)
        self.assertIn("invoice-*.txt", growing[0])
        for said in (
            "cleanslate.supp:4: expired on 2020-02-29: tmp-growth:invoice no longer silences",
            "cleanslate.supp:5: 'soon' is not a date: write until=YYYY-MM-DD",
        ):
            self.assertEqual(done.err.count(said), 1, done.err)

    def test_a_file_of_the_command_line(self):
        path = self.folder / "own.supp"
        path.write_text(LINES.replace(" until=2020-02-29", ""))
        done = self.leave_files("--suppressions", path, "--fail-on", "tmp-growth")
        self.assertRegex(done.out, r"findings suppressed \(tmp-growth:cache-\*\.txt \d+x, tmp-growth:invoice \d+x\)")
        self.assertIn(":3: heap-growth:no_such_function never matched: remove it?", done.out.replace("\n", " "))

    def test_logs_that_are_already_written(self):
        reports = self.folder / "reports.jsonl"
        self.leave_files("--reports", reports)
        path = self.folder / "own.supp"
        path.write_text(LINES)
        done = self.run_command("report", "--format", "json", "--suppressions", path, reports)
        self.check(json.loads(done.out)["totals"], path)

    def test_the_function_tells_what_it_has_set_aside(self):
        (self.folder / "cleanslate.supp").write_text(LINES)
        reports = self.folder / "reports.jsonl"
        self.leave_files("--reports", reports)
        last = json.loads(reports.read_text().splitlines()[-1])["cleanslate"]
        self.assertEqual(last["suppressed"], {"tmp-growth:cache-*.txt": 1})


if __name__ == "__main__":
    main()
