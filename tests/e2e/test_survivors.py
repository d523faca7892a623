"""The heap's survivors are exact: the victim knows what it left, to the block and the byte."""

import json

from harness import VICTIMS, Case, main, survived_heap

INVOCATIONS = 30


class Survivors(Case):
    def check(self, *arguments, env=None):
        expectations = self.scratch / "expected"
        command = [str(VICTIMS / "survivors"), *arguments]
        watched = self.drive(
            command, [b"{}"] * INVOCATIONS, env={"VICTIM_EXPECT": expectations} | (env or {}) | self.own_tmp()
        )
        self.assert_one_window_an_invocation(watched.reports, watched.handed_out)
        expected = [json.loads(line) for line in expectations.read_text().splitlines()]
        self.assertEqual(len(expected), INVOCATIONS)
        # The first window also holds what the C library sets up for good when it is first used.
        self.assertEqual([survived_heap(window) for window in watched.windows[1:]], expected[1:])
        return watched

    def test_every_window_to_the_block_and_the_byte(self):
        watched = self.check()
        sites = [
            site for window in watched.windows for site in window["cleanslate"]["survived"]["heap"]["sites"]
        ]
        functions = {frame.get("function", "") for site in sites for frame in site["where"]}
        self.assertTrue(any("Many" in function for function in functions), functions)

    def test_clean_twin_leaves_nothing(self):
        watched = self.check("clean")
        self.assert_silent(watched.reports)

    def test_exact_without_stacks(self):
        self.check(env={"CLEANSLATE_STACKS": "off"})

    def test_exact_with_callers_only(self):
        self.check(env={"CLEANSLATE_STACKS": "caller"})


if __name__ == "__main__":
    main()
