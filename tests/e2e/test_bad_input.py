"""What a user gets wrong is said once, on one line of stderr, and the program runs on with the default."""

import subprocess

from harness import LIBRARY, PATIENCE, VICTIMS, Case, clean_environment, main


class BadInput(Case):
    def start(self, command, **environment):
        self.assertTrue(LIBRARY.exists(), f"{LIBRARY} isn't built")
        done = subprocess.run(
            command,
            env=clean_environment(LD_PRELOAD=LIBRARY, **environment),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            stdin=subprocess.DEVNULL,
        )
        return done

    def warning_of(self, **environment):
        """The only line that a watched function's stderr holds, beside reports."""
        watched = self.drive([str(VICTIMS / "curl_runtime")], [b"{}"] * 2, env=environment)
        self.assertEqual(len(watched.answers), 2)
        lines = [line for line in watched.stderr.splitlines() if not line.startswith("{")]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("cleanslate", lines[0])
        return lines[0]

    def test_unknown_variable(self):
        self.assertIn("CLEANSLATE_OUTPT", self.warning_of(CLEANSLATE_OUTPT="stderr"))

    def test_unknown_value(self):
        line = self.warning_of(CLEANSLATE_STACKS="everything")
        self.assertIn("CLEANSLATE_STACKS", line)
        self.assertIn("full", line)  # what is used instead

    def test_not_a_number(self):
        self.assertIn("CLEANSLATE_MAX_LINE", self.warning_of(CLEANSLATE_MAX_LINE="long"))

    def test_known_variables_are_no_news(self):
        watched = self.drive(
            [str(VICTIMS / "curl_runtime")],
            [b"{}"] * 2,
            env={
                "CLEANSLATE_MAX_LINE": "8192",
                "CLEANSLATE_STATE": "heap,descriptors,tmp",
                "CLEANSLATE_NEXT_WRAPPER": "/x",
            },
        )
        self.assertEqual(watched.stderr, "")
        self.assertEqual(len(watched.windows), 2)

    def test_unwritable_output_falls_back_and_says_so(self):
        env = {"CLEANSLATE_OUTPUT": "file:/nonexistent/folder/reports"}
        watched = self.drive([str(VICTIMS / "curl_runtime")], [b"{}"] * 3, env=env)
        self.assertEqual(len(watched.answers), 3)
        said = [line for line in watched.stderr.splitlines() if "/nonexistent/folder/reports" in line]
        self.assertEqual(len(said), 1, watched.stderr)

    def test_wrong_address_is_the_functions_own_error(self):
        command = [str(VICTIMS / "curl_runtime")]
        for address in ("127.0.0.1:1", "no-port", "999.1.1.1:80", ":", ""):
            with self.subTest(address=address):
                preloaded = self.start(command, AWS_LAMBDA_RUNTIME_API=address)
                plain = self.start(command, AWS_LAMBDA_RUNTIME_API=address, CLEANSLATE="off")
                self.assertEqual((preloaded.returncode, preloaded.stdout), (plain.returncode, plain.stdout))
                functions_own = [
                    line for line in preloaded.stderr.splitlines() if not line.startswith("cleanslate:")
                ]
                self.assertEqual(functions_own, plain.stderr.splitlines())

    def test_no_address_at_all(self):
        done = self.start([str(VICTIMS / "curl_runtime")])
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    main()
