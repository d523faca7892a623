"""The scorecard says what is wrong, and fails: with an expectation that doesn't hold, in either direction."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCORECARD = pathlib.Path(__file__).resolve().parent / "scorecard"

LEAK = """
import os
kept = []
{comment}
def {name}(event, context):
    kept.append(os.open("/proc/self/status", os.O_RDONLY))
    return len(kept)
"""
HARMLESS = """
{comment}
def {name}(event, context):
    return event["number"]
"""
FAILING = """
{comment}
def {name}(event, context):
    raise ValueError("broken")
"""


class Scorecard(unittest.TestCase):
    def score(self, text, *options, file="case.py", **values):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / file).write_text(text.format(**values))
            done = subprocess.run(
                [sys.executable, SCORECARD, "--cases", folder, *options], capture_output=True, text=True, timeout=600
            )
        return done.returncode, done.stdout + done.stderr

    def test_a_leak_that_is_named(self):
        code, said = self.score(LEAK, name="leaky_one", comment="# expect: descriptor-leak /proc/*\n# also: limit-approaching")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"descriptor-leak +python +1/1 +0 +0 +0\n")

    def test_a_leak_that_is_not_there_is_missed(self):
        code, said = self.score(HARMLESS, name="leaky_one", comment="# expect: descriptor-leak")
        self.assertEqual(code, 1, said)
        self.assertIn("MISSED   case.py:leaky_one: descriptor-leak", said)
        self.assertRegex(said, r"descriptor-leak +python +0/1 +1 +0 +0\n")

    def test_a_leak_of_another_name_is_missed_and_accused(self):
        code, said = self.score(LEAK, name="leaky_one", comment="# expect: descriptor-leak /tmp/*")
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"descriptor-leak +python +0/1 +1 +0 +1\n")

    def test_a_finding_beside_the_expected_one_is_an_accusation(self):
        comment = "# expect: tmp-residue *file"
        text = LEAK.replace("return", 'open(os.environ["TMPDIR"] + "/file", "w").close(); return')
        code, said = self.score(text, name="leaky_one", comment=comment)
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r"tmp-residue +python +1/1 +0 +0 +1\n")
        code, said = self.score(text, name="leaky_one", comment=comment + "\n# also: descriptor-leak\n# also: limit-approaching")
        self.assertEqual(code, 0, said)

    def test_a_clean_case_that_leaks_is_accused(self):
        code, said = self.score(LEAK, name="clean_one", comment="# clean of: heap-growth")
        self.assertEqual(code, 1, said)
        self.assertIn("ACCUSED  case.py:clean_one", said)
        self.assertRegex(said, r"heap-growth +python +0/0 +0 +1 +1\n")
        comment = "# clean of: heap-growth"
        now_and_then = LEAK.replace("    kept.append", '    if event["number"] % 4 == 0: kept.append')  # or it runs out
        code, said = self.score(now_and_then, "--thousand", name="clean_one", comment=comment)
        self.assertEqual(code, 1, said)
        code, said = self.score(LEAK, "--witness", name="clean_one", comment="# clean of: descriptor-leak")
        self.assertEqual(code, 1, said)

    def test_the_witness_sees_that_nothing_leaks(self):
        code, said = self.score(HARMLESS, "--witness", name="leaky_one", comment="# expect: descriptor-leak")
        self.assertEqual(code, 1, said)

    def test_a_leak_in_another_language(self):
        text = """
        exports.leaky_one = async () => require('fs').openSync('/proc/self/status');
        """
        code, said = self.score("// expect: descriptor-leak\n// also: limit-approaching" + text.replace("        ", ""), file="case.js")
        self.assertEqual(code, 0, said)

    def test_a_handler_that_fails_is_no_result(self):
        code, said = self.score(FAILING, name="clean_one", comment="# clean of: heap-growth")
        self.assertEqual(code, 2, said)
        self.assertIn("BROKEN   case.py:clean_one", said)

    def test_a_handler_that_fails_among_those_that_may_is_no_result(self):
        text = FAILING + FAILING.replace("{name}", "clean_other").replace("{comment}", "{other}")
        may = "# clean of: umask-changed\n# with: errors=expected"
        code, said = self.score(text, "--thousand", name="clean_one", comment=may, other=may)
        self.assertEqual(code, 0, said)
        code, said = self.score(text, "--thousand", name="clean_one", comment=may, other="# clean of: umask-changed")
        self.assertEqual(code, 2, said)

    def test_a_thousand_invocations_that_nobody_watched_are_no_result(self):
        comment = "# clean of: heap-growth\n# with: env.CLEANSLATE=off"
        code, said = self.score(HARMLESS, "--thousand", name="clean_one", comment=comment)
        self.assertEqual(code, 2, said)

    def test_a_case_without_an_expectation_is_an_error(self):
        for name, comment in (
            ("leaky_one", "# nothing"),
            ("clean_one", "# expect: heap-growth"),
            ("helper", "# expect: heap-growth"),
            ("leaky_one", "# expect: heap-growth\n# with: patience=3"),
        ):
            code, said = self.score(HARMLESS, name=name, comment=comment)
            self.assertEqual(code, 2, said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
