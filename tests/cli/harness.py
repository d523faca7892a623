"""Runs the command as a user does. CLEANSLATE_BUILD names the build folder."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ.get("CLEANSLATE_BUILD", pathlib.Path(__file__).parents[2] / "build"))
COMMAND = BUILD / "bin" / "cleanslate"
VICTIM = pathlib.Path(__file__).with_name("victim.py")
PATIENCE = 120  # seconds, for a machine under load

DONE, FAIL_ON, USAGE, FUNCTION_FAILED, UNREADABLE = range(5)


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)
    return value


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cleanslate-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def environment(self, **more):
        plain = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CLEANSLATE", "LD_", "AWS"))
        }
        return plain | {"NO_COLOR": "1"} | more

    def start(self, *words, command=COMMAND, **env):
        process = subprocess.Popen(
            [str(command), *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environment(**env),
            text=True,
            errors="surrogateescape",
        )
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def run_command(self, *words, expect=DONE, command=COMMAND, **env):
        process = self.start(*words, command=command, **env)
        process.out, process.err = process.communicate(timeout=PATIENCE)
        self.assertEqual(
            process.returncode, expect, f"\nout: {process.out[-2000:]}\nerr: {process.err[-2000:]}"
        )
        return process

    def run_victim(self, what, *options, expect=DONE, arguments=(), **env):
        """`cleanslate run --no-preload OPTIONS -- victim.py WHAT`. `options` may hold --with-library instead."""
        options = (
            [word for word in options if word != "--with-library"]
            if "--with-library" in options
            else ["--no-preload", *options]
        )
        return self.run_command(
            "run", *options, "--", sys.executable, VICTIM, what, *arguments, expect=expect, **env
        )

    def assert_refused(self, done, *parts):
        """One line on stderr that holds all `parts`, and nothing on stdout."""
        self.assertEqual(done.out, "")
        self.assertEqual(len(done.err.splitlines()), 1, done.err)
        self.assertTrue(done.err.startswith("cleanslate: "), done.err)
        for part in parts:
            self.assertIn(part, done.err)

    @staticmethod
    def said(text, word):
        """What follows `word` in the function's marked lines."""
        mark = f"| {word} "
        return [line.removeprefix(mark) for line in text.splitlines() if line.startswith(mark)]


def main():
    unittest.main(verbosity=2)
