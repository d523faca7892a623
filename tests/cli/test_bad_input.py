"""What a user gets wrong is said on one line, before anything starts, with the right exit code."""

import os

from harness import UNREADABLE, USAGE, VICTIM, Case, main


class BadInput(Case):
    def refused(self, code, options, *parts, command=("true",)):
        with self.subTest(options=options):
            done = self.run_command("run", "--no-preload", *options, *command, expect=code)
            self.assert_refused(done, *parts)

    def test_numbers(self):
        for options, part in (
            (["-n", "0"], "--invocations 0"),
            (["-n", "-3"], "--invocations -3"),
            (["-n", "many"], "many"),
            (["--memory", "64"], "--memory 64"),
            (["--memory", "99999"], "--memory 99999"),
            (["--timeout", "0"], "--timeout 0"),
            (["--timeout", "901"], "--timeout 901"),
            (["--timeout", "soon"], "soon"),
            (["--timeout", "nan"], "--timeout"),
            (["--listen", "70000"], "--listen 70000"),
        ):
            self.refused(USAGE, options, part)

    def test_words(self):
        for options, part in (
            (["--env", "NOVALUE"], "NOVALUE"),
            (["--env", "=x"], "NAME=VALUE"),
            (["--emulate", "slow"], "'slow'"),
            (["--fail-on", "no-such-rule"], "no-such-rule"),
            (["--format", "yaml"], "yaml"),
            (["--format", "sarif"], "sarif"),
            (["--color", "sometimes"], "sometimes"),
            (["--nonsense"], "--nonsense"),
            (["--handler", "app.handler"], "--handler"),
        ):
            self.refused(USAGE, options, part)

    def test_no_command(self):
        self.assert_refused(self.run_command("run", expect=USAGE), "--handler")
        self.assert_refused(self.run_command("run", "--no-preload", "--", expect=USAGE), "COMMAND")
        self.assert_refused(self.run_command(expect=USAGE), "--help")
        self.assert_refused(self.run_command("walk", expect=USAGE), "--help")

    def test_a_command_that_does_not_exist(self):
        (self.folder / "not-executable").write_text("#!/bin/sh\n")
        for command in ("no-such-command-at-all", "./missing", "./not-executable", "/"):
            self.refused(USAGE, [], command, "executable", command=(command,))

    def test_a_command_that_cannot_be_executed(self):
        broken = self.folder / "broken"
        broken.write_bytes(b"#!/nonexistent/interpreter\n")
        broken.chmod(0o755)
        self.refused(USAGE, [], "broken", "can't be executed", command=("./broken",))

    def test_events(self):
        (self.folder / "bad.json").write_text('{\n  "a": nope\n}')
        (self.folder / "bad.jsonl").write_text('{}\n{"a" 1}\n')
        (self.folder / "empty.jsonl").write_text("")
        for options, *parts in (
            (["-e", "{bad"], "--event", "line 1, column 2"),
            (["-e", ""], "line 1, column 1"),
            (["-e", "@bad.json"], "bad.json", "line 2, column"),
            (["-e", "@missing.json"], "missing.json"),
            (["-e", "@."], "folder"),
            (["--events", "bad.jsonl"], "bad.jsonl", "line 2, column 6"),
            (["--events", "empty.jsonl"], "empty.jsonl", "no event"),
            (["--events", "missing.jsonl"], "missing.jsonl"),
        ):
            self.refused(UNREADABLE, options, *parts)

    def test_places(self):
        for options, part in (
            (["--root", "missing"], "missing"),
            (["--root", str(VICTIM)], "--root"),
            (["--reports", "missing/reports.jsonl"], "missing/reports.jsonl"),
            (["--reports", "."], "--reports"),
        ):
            self.refused(UNREADABLE, options, part)

    def test_handlers(self):
        (self.folder / "app.py").write_text("def handler(event, context): return event\n")
        (self.folder / "web.js").write_text("exports.handler = async (event) => event\n")
        (self.folder / "rack.rb").write_text("")
        nowhere = {"PATH": str(self.folder)}
        copy = self.copy_of_command()
        for handler, code, *parts in (
            ("missing.handler", UNREADABLE, "missing", "--root"),
            ("handler", USAGE, "FILE.FUNCTION"),
            ("app.handler", USAGE, "pip install awslambdaric"),
            ("web.handler", USAGE, "npm install aws-lambda-ric"),
            ("rack.handler", USAGE, "Ruby"),
        ):
            with self.subTest(handler=handler):
                done = self.run_command(
                    "run", "--no-preload", "--handler", handler, expect=code, command=copy, **nowhere
                )
                self.assert_refused(done, *parts)

    def test_the_library_is_missing(self):
        done = self.run_command("run", "true", expect=UNREADABLE, command=self.copy_of_command())
        self.assert_refused(done, "libcleanslate.so", "--no-preload")

    def copy_of_command(self):
        """The command in a place where nothing of ours is beside it."""
        import harness
        import shutil

        copy = self.folder / "elsewhere" / "bin" / "cleanslate"
        if not copy.exists():
            copy.parent.mkdir(parents=True)
            shutil.copy(harness.COMMAND, copy)
            os.chmod(copy, 0o755)
        return copy


if __name__ == "__main__":
    main()
