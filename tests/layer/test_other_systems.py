"""The library of the layer on other systems than this one: an older C library, and the other architecture in an emulator. Their
programs come from Debian; nothing of theirs is run to unpack them."""

import json
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile
import unittest
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CLEANSLATE_BUILD", SOURCE / "build"))
LOOP = pathlib.Path(__file__).resolve().parent / "functions/loop.py"
EVENT = '{"numbers": [1, 2, 3]}'
ANSWER = {"sum": 6, "caught": "'nothing'"}


def system(name, release, architecture):
    """A folder with the files of a Debian system that has Python: made once."""
    folder = SOURCE / "build/layer/systems" / name
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        command = ["mmdebstrap", "--quiet", "--variant=extract", f"--architectures={architecture}", "--include=python3-minimal,libpython3-stdlib", release]
        subprocess.run([*command, str(folder)], check=True, timeout=600)
        (folder / "complete").touch()
    return folder


def one(paths):
    found = sorted(paths)
    assert found, "the system has no such file"
    return found[0]


class System:
    """A test runs `cleanslate run` on the loop, with `self.command`, and the library out of the zip."""

    zip_name = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="layer")
        self.addCleanup(folder.cleanup)
        self.prefix = pathlib.Path(folder.name)
        with zipfile.ZipFile(SOURCE / f"build/layer/cleanslate-{self.zip_name}.zip") as archive:
            archive.extractall(self.prefix)
        (self.prefix / "bin").mkdir()
        shutil.copy(BUILD / "bin/cleanslate", self.prefix / "bin")
        self.library = self.prefix / "lib/libcleanslate.so"

    def run_loop(self, *options, invocations=6):
        reports = self.prefix / "reports.jsonl"
        command = [self.prefix / "bin/cleanslate", "run", "-n", invocations, "-e", EVENT, "--timeout", 60, "--memory", 512]
        command += ["--root", LOOP.parent, "--reports", reports, "--format", "json", *options, "--", *self.command()]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=500)
        lines = [json.loads(line)["cleanslate"] for line in reports.read_text().splitlines()] if reports.exists() else []
        return done, lines

    def test_it_loads_watches_and_names_the_leak(self):
        done, lines = self.run_loop()
        self.assertEqual(done.returncode, 0, done.stderr)
        rules = {finding["rule"] for line in lines for finding in line.get("findings", [])}
        self.assertIn("descriptor-leak", rules, done.stderr)
        windows = [line for line in lines if line["type"] == "window"]
        self.assertEqual(windows[-1]["window"]["last"], 6)
        self.assertEqual(windows[-1]["live"]["descriptors"] - windows[-2]["live"]["descriptors"], 1)
        # Stacks go through the program, whose frames carry names.
        leak = next(finding for finding in windows[-1]["findings"] if finding["rule"] == "descriptor-leak")
        self.assertTrue(any(frame.get("module", "").startswith("python3") for frame in leak["where"]), leak)


class OlderLibrary(System, unittest.TestCase):
    """glibc 2.31, the oldest that there is."""

    zip_name = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]

    # The emulator gives its guest all the memory that it wants, so this is tried here alone.
    def test_what_is_thrown_in_it_is_caught_in_it(self):
        files = self.prefix / "tmp"
        files.mkdir()
        done, lines = self.run_loop("--env", "TIGHT=3", "--env", f"CLEANSLATE_TMP={files}", "--env", "CLEANSLATE_REPORT=all", invocations=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sum("cleanslate: not watching any more" in line for line in done.stderr.splitlines()), 1, done.stderr)
        self.assertLess(max(line["window"]["last"] for line in lines if line["type"] == "window"), 20)

    def command(self):
        root = system("bullseye", "bullseye", {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()])
        loader = one(root.glob("lib/*-linux-gnu/ld-*.so"))
        libraries = ":".join(str(path) for path in [*root.glob("lib/*-linux-gnu"), *root.glob("usr/lib/*-linux-gnu")])
        python = one(root.glob("usr/bin/python3.*"))
        return ["env", f"PYTHONHOME={root}/usr", loader, "--library-path", libraries, python, "-B", LOOP]


@unittest.skipUnless(platform.machine() == "x86_64", "this is the machine that the emulator is for")
class OtherArchitecture(System, unittest.TestCase):
    zip_name = "arm64"

    def command(self):
        root = system("arm64", "bookworm", "arm64")
        python = one(path for path in root.glob("usr/bin/python3.*") if not path.is_symlink())
        # What `run` preloads is for this machine: the guest gets its own.
        return ["qemu-aarch64-static", "-L", root, "-E", f"LD_PRELOAD={self.library}", "-E", f"PYTHONHOME={root}/usr", python, "-B", LOOP]


if __name__ == "__main__":
    unittest.main()
