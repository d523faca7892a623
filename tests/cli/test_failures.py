"""A function that crashes, exits or hangs is replaced, told of, and makes the exit code 3. Nothing of it is left."""

import json
import os
import pathlib
import signal
import sys

from harness import DONE, FUNCTION_FAILED, PATIENCE, VICTIM, Case, is_alive, main, wait_until


class Failures(Case):
    def test_a_crash(self):
        done = self.run_victim("crash_on_second", "-n", "3", expect=FUNCTION_FAILED)
        self.assertEqual(len(set(self.said(done.out, "pid"))), 2, "a new process after the crash")
        self.assertEqual(done.err.count("signal: segmentation fault"), 1)
        self.assertRegex(done.err, r"cleanslate: invocation 2 \([-0-9a-f]{36}\) failed")

    def test_an_exit(self):
        done = self.run_victim("exit_on_second", "-n", "3", expect=FUNCTION_FAILED)
        self.assertEqual(done.err.count("exit status 7"), 1)

    def test_an_exit_between_invocations(self):
        done = self.run_victim("exit_between", "-n", "3", expect=FUNCTION_FAILED)
        self.assertIn("exit status 0", done.err)

    def test_a_clean_exit_after_the_last_answer_is_no_failure(self):
        done = self.run_victim("exit_between", "-n", "1")
        self.assertIn("exited after its last response", done.err)

    def test_a_function_that_never_starts_is_not_started_for_ever(self):
        done = self.run_victim("exit_at_once", "-n", "50", expect=FUNCTION_FAILED)
        self.assertEqual(done.err.count("| no luck"), 2)
        self.assertIn("48 invocations were not made", done.err)

    def test_an_error_in_init(self):
        done = self.run_victim("init_error", "-n", "2", expect=FUNCTION_FAILED)
        self.assertIn("ImportError: no module named app", done.err)

    def test_a_timeout(self):
        done = self.run_victim("hang_on_second", "-n", "3", "--timeout", "1", expect=FUNCTION_FAILED)
        self.assertEqual(done.err.count("Task timed out after 1.00 seconds"), 1)

    def test_work_after_the_answer_counts_toward_the_timeout(self):
        done = self.run_victim("hang_after_answer", "-n", "1", "--timeout", "1", expect=FUNCTION_FAILED)
        self.assertIn("did not ask for its next event", done.err)

    def test_an_interrupt_still_tells_what_was_learned(self):
        for sent in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=sent):
                process = self.start(
                    "run", "--no-preload", "-n", "1000000", "--", sys.executable, VICTIM, "tell"
                )
                self.assertIn("event 1", process.stdout.readline())
                process.send_signal(sent)
                out, err = process.communicate(timeout=PATIENCE)
                self.assertEqual(process.returncode, DONE, err)
                self.assertIn("interrupted after", err)
                self.assertNotIn("Traceback", err)
                self.assertIn("report", out.splitlines()[-1], "the summary")

    def test_the_end_of_a_run_is_no_news_to_the_function(self):
        done = self.run_victim("echo")
        self.assertEqual(done.err, "")

    def pids_of_escapees(self, process):
        while True:
            line = process.stdout.readline()
            self.assertNotEqual(line, "")
            if line.startswith("| pids "):
                return json.loads(line.removeprefix("| pids "))

    def test_whatever_the_function_started_ends_with_the_run(self):
        process = self.start("run", "--no-preload", "-n", "2", "--", sys.executable, VICTIM, "escape")
        pids = self.pids_of_escapees(process)
        _, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, DONE, err)
        self.assertEqual([pid for pid in pids if is_alive(pid)], [])

    def serve_escapee(self):
        """A run that waits for callers, after an invocation of its own."""
        process = self.start(
            "run", "--no-preload", "--listen", "0", "-e", "{}", "--", sys.executable, VICTIM, "escape"
        )
        return process, self.pids_of_escapees(process)

    def test_also_when_the_run_is_killed(self):
        process, pids = self.serve_escapee()
        self.assertEqual([pid for pid in pids if not is_alive(pid)], [])
        process.kill()
        process.communicate(timeout=PATIENCE)
        wait_until(lambda: not any(map(is_alive, pids)), f"the end of {pids}")

    def test_a_killed_guard_is_a_crash_of_the_function(self):
        process, pids = self.serve_escapee()
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        while "signal: killed" not in (line := process.stderr.readline()):
            self.assertNotEqual(line, "")
        self.assertEqual([pid for pid in pids if is_alive(pid)], [])
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, FUNCTION_FAILED)

    def test_a_freeze_stops_and_continues_the_function(self):
        done = self.run_victim("count_freezes", "-n", "4", "--emulate", "freeze")
        stops = int(self.said(done.out, "continued")[-1])
        self.assertGreaterEqual(stops, 3)
        done = self.run_victim("count_freezes", "-n", "4")
        self.assertEqual(self.said(done.out, "continued")[-1], "0")


if __name__ == "__main__":
    main()
