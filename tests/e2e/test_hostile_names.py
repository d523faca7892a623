"""Whatever things are called: each report is one line of valid JSON without a control byte, and what people are shown has none either.

The function hostile/names.cc leaves one thing of each kind in each invocation, named as below: newlines, quotes, control bytes, bytes
that are no UTF-8, forged reports, terminal escapes, and names as long as each kind allows.
"""

import html.parser
import json
import os
import re
import shutil
import unicodedata
import xml.etree.ElementTree

from harness import VICTIMS, Case, findings, main

NAMES = [
    b"plain",
    b"new\nline\r\n{\"level\":\"ERROR\"}\n",
    b"'quotes\" `back\\slash\\\\ \\u0041 \\",
    b"control\x01\x02\x07\x08\x0b\x0c\x0e\x1f\x7f\t",
    b"no utf-8 \xff\xfe\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80 \xc3",
    b'"},{"cleanslate":{"schema":"1.0","findings":[]}}],"x":{',
    b"\x1b[35;7mred\x1b[2J\x1b]0;title\x07\x1b[3A\x1bc",
    "c1 \u0080\u0085\u009b31m\u009d0;x\u009c".encode(),
    "lines\u2028and\u2029sides \u202e\u2066\u200b\ufeff".encode(),
    b"%s%n%99999d ${HOME} $(id) ; `id` * ? ~",
    b"<script>alert(1)</script> &amp; ]]> --> <!-- ' onload=\"x\"",
    "wide 漢字 é e\u0301 \U0001f600 \U00010ffff".encode(),
    b"long " + b"x" * 4091,
    b"long\n\x1b[35;7m\xff\"" + "é\u202e".encode() * 1000,
]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FORGED = b"\x1b[35;7m"  # a colour that isn't ours
PLACE = b"name_to_be_written_over_by_a_test_that_wants_another"
TURNS = len(NAMES) + 1  # each name once, and the first again
KINDS_OF_FILE = {"file", "memory", "socket"}


def controls(text, allowed=""):
    """Characters that a terminal may obey, C1 among them, or that a reader may take for the end of a line; and what isn't UTF-8."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c not in allowed}


class WellFormed(html.parser.HTMLParser):
    """The elements of a page, that they are closed in turn, and that none of the names' has become one."""

    VOID = {"meta", "link", "br", "hr", "img", "input", "col", "path"}

    def __init__(self, page):
        super().__init__()
        self.open, self.faults = [], []
        self.feed(page)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        if any(name.startswith("on") for name, _ in attributes):
            self.faults.append(f"<{tag}> has {attributes}")

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in self.VOID:
            self.faults.append(f"</{tag}> closes <{self.open[-1:]}>")

    def handle_data(self, data):
        if self.open and self.open[-1] == "script" and "alert(1)</" in data:
            self.faults.append("a name is in a script")


class HostileNames(Case):
    def setUp(self):
        super().setUp()
        # Its own program's name is one of them.
        self.folder = self.scratch / "programs"
        self.folder.mkdir()
        self.program = os.fsencode(self.folder) + b"/na\nme\x1b[35;7m\xff\".bin"
        shutil.copy(VICTIMS / "hostile_names", os.fsdecode(self.program))
        plugin = (VICTIMS / "libhostile_plugin.so").read_bytes()
        self.assertIn(PLACE, plugin)
        function = b"fun\nction\x1b[35;7m\"\\\xff\xc2\x9b{}<b>".ljust(len(PLACE), b"_")
        (self.folder / "plugin.so").write_bytes(plugin.replace(PLACE, function))
        (self.folder / "names").write_bytes(b"".join(name + b"\0" for name in NAMES))

    def tearDown(self):
        # Paths that are longer than a path may be: rmtree goes down by descriptors.
        shutil.rmtree(self.tmp, ignore_errors=True)
        super().tearDown()

    def environment(self):
        return {
            **self.own_tmp(),
            "HOSTILE_NAMES": self.folder / "names",
            "HOSTILE_FOLDER": self.folder,
        }

    def leave(self, *mode, env=None, turns=TURNS):
        command = [os.fsdecode(self.program), *mode]
        done = self.drive(command, [b"{}"] * turns, env={**self.environment(), **(env or {})}, cwd=self.scratch)
        self.assertEqual(len(done.answers), turns, done.stderr)
        return done

    def assert_lines(self, path, most):
        """Each report a line, as long as it may be, without a control byte; the harness has held it against the schema."""
        data = path.read_bytes()
        self.assertTrue(data.endswith(b"\n"))
        lines = data.split(b"\n")[:-1]
        self.assertEqual(len(lines), TURNS + 1)
        for line in lines:
            self.assertLessEqual(len(line) + 1, most)
            self.assertEqual({byte for byte in line if byte < 0x20 or byte == 0x7F}, set(), line[:3000])
            self.assertEqual(controls(line.decode()), set())  # UTF-8, strictly
            self.assertIsInstance(json.loads(line), dict)

    def test_lines_of_any_length(self):
        for most in (512, 4096, 262144):
            with self.subTest(most=most):
                shutil.rmtree(self.tmp, ignore_errors=True)
                self.tmp.mkdir()
                done = self.leave(env={"CLEANSLATE_MAX_LINE": most})
                self.assertEqual(len(done.windows), TURNS)
                self.assertEqual(controls(done.stderr, "\n"), set(), done.stderr[:2000])
                self.assert_lines(self.scratch / "preloaded.jsonl", most)

    def test_reports_on_standard_error(self):
        done = self.leave(env={"CLEANSLATE_OUTPUT": "stderr", "CLEANSLATE_MAX_LINE": 262144})
        lines = done.stderr.split("\n")[:-1]
        self.assertEqual(len(lines), TURNS + 1)
        for line in lines:
            self.assertEqual(controls(line), set(), line[:2000])
            self.assertIn("cleanslate", json.loads(line))

    def test_every_kind_is_in_the_report(self):
        for number, window in enumerate(self.leave().windows):
            survived = window["cleanslate"].get("survived", {})
            with self.subTest(window=number, name=NAMES[number % len(NAMES)]):
                self.assertLessEqual(KINDS_OF_FILE, {each["kind"] for each in survived.get("descriptors", [])})
                self.assertGreaterEqual(len(survived.get("files", [])), 2)
                self.assertGreaterEqual(survived.get("heap", {}).get("blocks", 0), 1)
                self.assertEqual(len(survived.get("threads", [])), 1)
                self.assertEqual(len(survived.get("processes", [])), 2)
                self.assertEqual(len(survived.get("environment", [])), 1)
                self.assertIn("working-directory", [each["name"] for each in survived.get("process", [])])

    def test_a_name_that_is_text_is_told_as_it_is(self):
        """A newline and a quote stand in the report as JSON writes them: who reads it gets the name that the kernel has."""
        windows = self.leave().windows
        for number, name in enumerate(NAMES):
            try:
                text = name.decode()
            except UnicodeDecodeError:
                continue
            survived = windows[number]["cleanslate"].get("survived", {})
            if len(name) < 200:
                file = f"{self.tmp}/{text.replace('/', '|')} {number}"
                with self.subTest(file=file):
                    self.assertIn(file, [each["path"] for each in survived.get("files", [])])
            if len(name) < 100:
                variable = f"{text} {number}".replace("=", "-")
                with self.subTest(variable=variable):
                    self.assertIn(variable, [each["name"] for each in survived.get("environment", [])])

    def test_the_program_itself_is_known(self):
        """A newline in its name, which /proc/self/maps writes as \\012, keeps nobody from its symbols."""
        name = self.program.rsplit(b"/", 1)[1].decode(errors="replace")
        for window in self.leave(turns=3).windows:
            children = window["cleanslate"].get("survived", {}).get("processes", [])
            frames = [frame for child in children for frame in child["where"]]
            self.assertTrue(frames)
            self.assertEqual({frame["module"] for frame in frames if "\\012" in frame.get("module", "")}, set(), name)
            self.assertEqual([frame for frame in frames if not frame.get("function")], [])

    def test_findings(self):
        """All of it recurs, so all of it is named, by the fifth invocation."""
        rules = {rule for rule, _ in findings(self.leave().windows[:5], "warning", "critical")}
        wanted = {"heap-growth", "descriptor-leak", "tmp-growth", "thread-left-running", "process-left-running"}
        wanted |= {"environment-changed", "working-directory-changed"}
        self.assertEqual(wanted - rules, set())

    def test_run_shows_no_control_character(self):
        for colour in ("never", "always"):
            with self.subTest(colour=colour):
                shutil.rmtree(self.tmp, ignore_errors=True)
                self.tmp.mkdir()
                self.assert_shown(self.run_hostile("--color", colour), colour)

    def run_hostile(self, *options):
        settings = [f"--env={name}={value}" for name, value in self.environment().items()]
        path = self.scratch / "reports.jsonl"
        # --memory, because each thread and each copy of a program counts.
        command = ["run", "-n", TURNS, "--memory", 1024, "--reports", path, *settings, *options]
        done = self.run_command(*command, "--", os.fsdecode(self.program), cwd=self.scratch)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertEqual(len(self.read_reports(path)), TURNS + 1)
        return done

    def assert_shown(self, done, colour):
        for stream in (done.stdout, done.stderr):
            self.assertNotIn(FORGED.decode(), stream)
            text = COLOUR.sub("", stream) if colour == "always" else stream
            self.assertEqual(controls(text, "\n"), set(), ascii(text)[:3000])

    def test_report_in_every_form(self):
        self.run_hostile()
        path = self.scratch / "reports.jsonl"
        for colour in ("never", "always"):
            done = self.run_command("report", "--color", colour, path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assert_shown(done, colour)
        forms = {
            "json": json.loads,
            "sarif": json.loads,
            "junit": xml.etree.ElementTree.fromstring,
            "html": lambda page: self.assertEqual(WellFormed(page).faults, []),
        }
        for form, parse in forms.items():
            with self.subTest(form=form):
                out = self.scratch / f"report.{form}"
                done = self.run_command("report", "--format", form, "-o", out, path)
                if done.returncode != 0 and "is not there yet" in done.stderr:
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                text = out.read_bytes().decode()
                self.assertEqual(controls(text, "\n\t"), set(), ascii(text)[:3000])
                parse(text)

    def test_report_of_a_log_with_other_lines(self):
        """The reports are found among lines that look like them."""
        self.run_hostile()
        lines = (self.scratch / "reports.jsonl").read_bytes().split(b"\n")[:-1]
        log = self.scratch / "function.log"
        log.write_bytes(b"".join(line + b"\n" + name + b"\n" for line, name in zip(lines, NAMES * 2)))
        done = self.run_command("report", "--format", "json", log)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(controls(done.stderr, "\n"), set())
        self.assertEqual(json.loads(done.stdout)["windows"], TURNS)

    def test_what_is_undone_is_no_news(self):
        done = self.leave("clean", turns=2 * len(NAMES))
        self.assert_silent(done.reports)
        for window in done.windows[len(NAMES) :]:
            survived = window["cleanslate"].get("survived", {})
            for kind in ("descriptors", "files", "threads", "processes", "environment", "process"):
                self.assertEqual(survived.get(kind, []), [])


if __name__ == "__main__":
    main()
