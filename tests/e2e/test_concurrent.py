"""Several polls open at once, `next` asked for before the answer: windows hold several invocations, each exactly once."""

from harness import VICTIMS, Case, Faults, main

INVOCATIONS = 100


class Concurrent(Case):
    def check(self, faults=Faults()):
        command = [str(VICTIMS / "concurrent_runtime")]
        watched = self.drive(command, [b"{}"] * INVOCATIONS, faults, in_flight=3, env=self.own_tmp())
        self.assertEqual({answer.request_id for answer in watched.answers}, set(watched.handed_out))
        reported = [id for window in watched.windows for id in window["cleanslate"]["window"]["requestIds"]]
        self.assertEqual(len(reported), len(set(reported)))
        self.assertLessEqual(set(reported), set(watched.handed_out))
        last = 0
        for window in watched.windows:
            span = window["cleanslate"]["window"]
            self.assertEqual(span["first"], last + 1)
            left_out = window["cleanslate"].get("leftOut", {}).get("window.requestIds", 0)
            self.assertEqual(span["last"] - span["first"] + 1, len(span["requestIds"]) + left_out)
            last = span["last"]
        self.assertEqual(last, INVOCATIONS)
        self.assertTrue(any(window["cleanslate"]["window"]["concurrent"] for window in watched.windows))
        self.assert_silent(watched.reports)

    def test_three_polls(self):
        self.check()

    def test_three_polls_over_a_bad_wire(self):
        self.check(Faults(dribble=True, lower_case=True))


if __name__ == "__main__":
    main()
