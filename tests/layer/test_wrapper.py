"""The wrapper script of the layer: what the runtime is started with, whatever is missing."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CLEANSLATE_BUILD", SOURCE / "build"))
SHOWS = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"


class Wrapper(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="layer")
        self.addCleanup(folder.cleanup)
        self.opt = pathlib.Path(folder.name).resolve()
        (self.opt / "lib").mkdir()
        shutil.copy2(SOURCE / "lambda-layer/cleanslate", self.opt / "cleanslate")
        self.library = self.opt / "lib/libcleanslate.so"
        shutil.copy2(BUILD / "lib/libcleanslate.so", self.library)
        self.probe = self.opt / "lib/cleanslate-node.cjs"
        self.probe.write_text("")

    def start(self, *arguments, command=None, wrapper=None, **environment):
        """What the program that was started has got, and what was said."""
        command = command or [sys.executable, "-c", SHOWS]
        keep = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        done = subprocess.run(
            [str(wrapper or self.opt / "cleanslate"), *command, *arguments],
            env=keep | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        arguments, variables = json.loads(done.stdout)
        return arguments, variables, done.stderr

    def test_arguments_are_untouched(self):
        hostile = ["", " ", "two words", "a'b", 'a"b', "$HOME", "`id`", "*", "\\", "-n", "--", "a\nb", "é"]
        arguments, variables, said = self.start(*hostile)
        self.assertEqual(arguments, hostile)
        self.assertEqual(variables["LD_PRELOAD"], str(self.library))
        self.assertEqual(said, "")

    def test_keeps_what_is_preloaded(self):
        other = "/lib/x86_64-linux-gnu/libm.so.6"
        other = other if os.path.exists(other) else str(self.library)
        _, variables, said = self.start(LD_PRELOAD=other)
        self.assertEqual(variables["LD_PRELOAD"], f"{self.library}:{other}")
        self.assertEqual(said, "")

    def test_node_gets_its_probe_and_keeps_its_options(self):
        _, variables, _ = self.start(NODE_OPTIONS="--enable-source-maps", AWS_EXECUTION_ENV="AWS_Lambda_nodejs22.x")
        self.assertEqual(variables["NODE_OPTIONS"], f'--enable-source-maps --require "{self.probe}"')
        node = self.opt / "node"
        node.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{SHOWS}' \"$@\"\n")
        node.chmod(0o755)
        _, variables, _ = self.start(command=[str(node)])
        self.assertEqual(variables["NODE_OPTIONS"], f'--require "{self.probe}"')

    def test_others_get_no_options_of_nodes(self):
        _, variables, _ = self.start(AWS_EXECUTION_ENV="AWS_Lambda_python3.12")
        self.assertNotIn("NODE_OPTIONS", variables)

    def test_without_its_library_the_function_starts(self):
        self.library.unlink()
        arguments, variables, said = self.start("x")
        self.assertEqual(arguments, ["x"])
        self.assertNotIn("LD_PRELOAD", variables)
        self.assertEqual(said, f"cleanslate: not watching: {self.library} isn't there, or may not be read\n")

    def test_a_library_that_the_loader_refuses(self):
        contents = {
            "of another architecture": bytearray(self.library.read_bytes()),
            "cut": self.library.read_bytes()[:5000],
            "no library": b"hello",
            "empty": b"",
        }
        contents["of another architecture"][18] ^= 0xFF  # e_machine
        for name, bytes_ in contents.items():
            with self.subTest(name):
                self.library.write_bytes(bytes_)
                arguments, variables, said = self.start("x", NODE_OPTIONS="--a", AWS_EXECUTION_ENV="AWS_Lambda_nodejs20.x")
                self.assertEqual((arguments, variables["NODE_OPTIONS"]), (["x"], "--a"))
                self.assertNotIn("LD_PRELOAD", variables)
                self.assertRegex(said, r"\Acleanslate: not watching: [^\n]* can't be loaded here [^\n]*\n\Z")

    def test_a_path_that_cannot_be_preloaded(self):
        spaced = self.opt / "a b"
        (spaced / "lib").mkdir(parents=True)
        shutil.copy2(self.library, spaced / "lib/libcleanslate.so")
        shutil.copy2(self.opt / "cleanslate", spaced / "cleanslate")
        _, variables, said = self.start(wrapper=spaced / "cleanslate")
        self.assertNotIn("LD_PRELOAD", variables)
        self.assertRegex(said, r"\Acleanslate: not watching: [^\n]*colon or space[^\n]*\n\Z")

    def test_off_is_off(self):
        _, variables, said = self.start(CLEANSLATE="off", AWS_EXECUTION_ENV="AWS_Lambda_nodejs22.x")
        self.assertNotIn("LD_PRELOAD", variables)
        self.assertNotIn("NODE_OPTIONS", variables)
        self.assertEqual(said, "")

    def test_chains_another_wrapper(self):
        other = self.opt / "other wrapper"
        other.write_text('#!/bin/sh\nOTHER="seen $#" exec "$@"\n')
        other.chmod(0o755)
        arguments, variables, said = self.start("a b", "", CLEANSLATE_NEXT_WRAPPER=str(other))
        self.assertEqual((arguments, variables["OTHER"]), (["a b", ""], "seen 5"))
        self.assertEqual(variables["LD_PRELOAD"], str(self.library))
        self.assertNotIn("CLEANSLATE_NEXT_WRAPPER", variables)
        self.assertEqual(said, "")

    def test_a_wrapper_that_is_missing_is_said(self):
        arguments, _, said = self.start("x", CLEANSLATE_NEXT_WRAPPER="/opt/none")
        self.assertEqual(arguments, ["x"])
        self.assertEqual(said, "cleanslate: CLEANSLATE_NEXT_WRAPPER: /opt/none is no program; the function starts without it\n")

    def test_the_exit_code_is_the_runtimes(self):
        done = subprocess.run([str(self.opt / "cleanslate"), "/bin/sh", "-c", "exit 7"], timeout=60)
        self.assertEqual(done.returncode, 7)


if __name__ == "__main__":
    unittest.main()
