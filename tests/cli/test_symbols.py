"""A stripped function's reports end at a source line, with the debug information of the build that ran."""

import json
import pathlib
import shutil
import subprocess

from harness import BUILD, DONE, UNREADABLE, Case, main

PROGRAM = BUILD / "examples" / "cpp" / "open-file" / "leaky"
OTHER_BUILD = BUILD / "examples" / "cpp" / "open-file" / "fixed"
SOURCE = pathlib.Path(__file__).parents[2] / "examples" / "cpp" / "open-file" / "leaky.cc"


class Symbols(Case):
    def setUp(self):
        super().setUp()
        subprocess.run(["objcopy", "--strip-all", PROGRAM, self.folder / "leaky"], check=True)

    def run_stripped(self, *options):
        return self.run_command("run", *options, "--reports", "reports.jsonl", "--", "./leaky")

    def report(self, *options, expect=DONE):
        return self.run_command("report", *options, "reports.jsonl", expect=expect)

    def leak(self, done):
        findings = json.loads(done.out)["findings"]
        leak = [finding for finding in findings if finding["rule"] == "descriptor-leak"]
        self.assertEqual(len(leak), 1, findings)
        return leak[0]

    def own_frames(self, done):
        return [frame for frame in self.leak(done)["where"] if frame.get("module") == "leaky"]

    def assert_ends_at_the_line(self, done):
        frame = self.own_frames(done)[0]
        self.assertEqual(frame["function"], "(anonymous namespace)::ReadHead")
        self.assertEqual(pathlib.Path(frame["file"]).resolve(), SOURCE.resolve())
        self.assertIn("int descriptor = open(", SOURCE.read_text().splitlines()[frame["line"] - 1])

    def test_a_stripped_function_ends_at_its_line(self):
        self.run_stripped()
        done = self.report("--format", "json", "--symbols", PROGRAM)
        self.assert_ends_at_the_line(done)
        self.assertEqual(done.err, "")

    def test_without_symbols_there_is_no_line(self):
        self.run_stripped()
        frames = self.own_frames(self.report("--format", "json"))
        self.assertTrue(frames)
        for frame in frames:
            self.assertNotIn("line", frame)
            self.assertNotIn("ReadHead", frame.get("function", ""))
            self.assertRegex(frame["buildId"], "^[0-9a-f]{40}$")
            self.assertGreater(frame["offset"], 0)

    def test_text_shows_the_users_own_frame(self):
        self.run_stripped()
        self.assertRegex(self.report().out, r"\n    at leaky\+0x[0-9a-f]+\n")
        self.assertRegex(
            self.report("--symbols", PROGRAM).out, r"\n    at .*ReadHead.* \(.*/leaky\.cc:\d+, leaky\)\n"
        )

    def test_run_takes_symbols_too(self):
        done = self.run_stripped("--symbols", PROGRAM)
        self.assertRegex(done.out, r"at .*ReadHead.* \(.*/leaky\.cc:\d+, leaky\)")
        done = self.run_command("run", "--symbols", "missing", "--", "./leaky", expect=UNREADABLE)
        self.assert_refused(done, "missing", "No such file")

    def test_a_folder_by_build_ids(self):
        self.run_stripped()
        build_id = self.own_frames(self.report("--format", "json"))[0]["buildId"]
        path = self.folder / "debug" / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"
        path.parent.mkdir(parents=True)
        subprocess.run(["objcopy", "--only-keep-debug", PROGRAM, path], check=True)
        (self.folder / "debug" / "again").symlink_to(self.folder / "debug")
        (self.folder / "empty").mkdir()
        done = self.report("--format", "json", "--symbols", "empty", "--symbols", "debug")
        self.assert_ends_at_the_line(done)

    def test_another_build_is_not_used(self):
        self.run_stripped()
        shutil.copy(OTHER_BUILD, self.folder / "leaky")
        done = self.report("--format", "json", "--symbols", "leaky")
        for frame in self.own_frames(done):
            self.assertNotIn("line", frame)
        self.assertEqual(len(done.err.splitlines()), 1, done.err)
        self.assertIn("leaky is of another build of leaky", done.err)
        self.assertIn(self.own_frames(done)[0]["buildId"], done.err)
        self.assertIn("give the files of the build that ran", done.err)

    def test_a_folder_with_nothing_in_it(self):
        self.run_stripped()
        (self.folder / "empty").mkdir()
        done = self.report("--format", "json", "--symbols", "empty")
        self.assertEqual(len(done.err.splitlines()), 1, done.err)
        self.assertIn("nothing in empty", done.err)
        self.assertRegex(done.err, r"\d+ frames have no line, of ")
        self.assertIn(f"leaky (build id {self.own_frames(done)[0]['buildId']})", done.err)

    def test_what_cannot_be_read(self):
        (self.folder / "reports.jsonl").write_text("")
        (self.folder / "text").write_text("not ELF")
        (self.folder / "torn").write_bytes(PROGRAM.read_bytes()[:100])
        for name, part in (
            ("missing", "No such file"),
            ("text", "not an ELF file"),
            ("torn", "damaged"),
        ):
            with self.subTest(name=name):
                done = self.report("--symbols", name, expect=UNREADABLE)
                self.assert_refused(done, "--symbols", name, part)

    def test_a_refused_path_leaves_the_output_alone(self):
        (self.folder / "reports.jsonl").write_text("")
        (self.folder / "out").write_text("of before")
        self.report("--symbols", "missing", "-o", "out", expect=UNREADABLE)
        self.assertEqual((self.folder / "out").read_text(), "of before")


if __name__ == "__main__":
    main()
