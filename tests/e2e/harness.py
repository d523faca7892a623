"""What the end-to-end tests share: where things are, two ways to invoke a function, and what any report must satisfy.

`Case.run` goes through `cleanslate run`, as people do. `Case.drive` preloads the library by hand and serves the Runtime
API of runtime_api.py, which keeps the responses as bytes and can be made to misbehave.

A test that looks for files gives its function a TMPDIR of its own: other programs of the machine use /tmp meanwhile.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import jsonschema

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "golden"))
from runtime_api import Faults, RuntimeApi
from validate_reports import faults as faults_of_report

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("CLEANSLATE_BUILD", SOURCE / "build")).resolve()
COMMAND = BUILD / "bin" / "cleanslate"
LIBRARY = BUILD / "lib" / "libcleanslate.so"
VICTIMS = BUILD / "tests" / "victims"
EXAMPLES = SOURCE / "examples"
CPP_EXAMPLES = BUILD / "examples" / "cpp"
RUNTIMES = BUILD / "runtimes" if (BUILD / "runtimes").exists() else SOURCE / "build" / "runtimes"
FUNCTIONS = HERE / "functions"

PATIENCE = 60  # seconds until a run that makes no end counts as hung

_schema = jsonschema.Draft202012Validator(
    json.loads((SOURCE / "src" / "report" / "report.schema.json").read_text())
)


def python_client(handler="app.handler"):
    return [str(RUNTIMES / "python/bin/python3"), "-m", "awslambdaric", handler]


def node_client(handler="app.handler"):
    return [
        str(RUNTIMES / "node/bin/node"),
        str(RUNTIMES / "node/node_modules/aws-lambda-ric/bin/index.mjs"),
        handler,
    ]


BASH_RUNTIME = [str(SOURCE / "tests/victims/runtimes/bootstrap.sh")]

# name: command, of the clients that one process speaks through. All obey functions/app.*.
CLIENTS = {
    "awslambdaric": python_client(),
    "aws-lambda-ric": node_client(),
    "libcurl": [str(VICTIMS / "curl_runtime")],
    "libcurl, a connection a request": [str(VICTIMS / "curl_runtime"), "one-a-request"],
}


@dataclasses.dataclass
class Run:
    """What `cleanslate run` did."""

    code: int
    stdout: str
    stderr: str
    reports: list

    @property
    def windows(self):
        return of_type(self.reports, "window")


@dataclasses.dataclass
class Drive:
    """What a function did that the test's own Runtime API invoked."""

    answers: list
    handed_out: list
    reports: list
    stdout: str
    stderr: str

    @property
    def windows(self):
        return of_type(self.reports, "window")


def of_type(reports, kind):
    return [report for report in reports if report["cleanslate"]["type"] == kind]


def findings(reports, *severities):
    """Rule and subject of all findings of these severities (all, if none is named)."""
    found = [finding for report in reports for finding in report["cleanslate"].get("findings", [])]
    return {(one["rule"], one["subject"]) for one in found if not severities or one["severity"] in severities}


def survived_heap(report):
    heap = report["cleanslate"].get("survived", {}).get("heap", {})
    return {"blocks": heap.get("blocks", 0), "bytes": heap.get("bytes", 0)}


def clean_environment(**more):
    """The test's environment without anything that changes how the library behaves."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CLEANSLATE", "LD_", "AWS_", "LAMBDA_", "_HANDLER"))
    }
    return kept | {name: str(value) for name, value in more.items()}


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.scratch = BUILD / "tests" / "e2e" / "scratch" / self.id()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.tmp = self.scratch / "tmp"
        self.tmp.mkdir(parents=True)

    def own_tmp(self):
        """Environment of a function whose temporary files must be told from everybody else's."""
        return {"TMPDIR": str(self.tmp), "CLEANSLATE_TMP": str(self.tmp)}

    def library_environment(self, reports):
        """Attaches the library, all its reports in the file `reports`."""
        self.assertTrue(LIBRARY.exists(), f"{LIBRARY} isn't built")
        return {
            "LD_PRELOAD": str(LIBRARY),
            "CLEANSLATE_MAX_LINE": "262144",  # so that nothing is left out
            "CLEANSLATE_OUTPUT": f"file:{reports}",
            "CLEANSLATE_REPORT": "all",
        }

    def read_reports(self, path):
        """All reports of a file; each one whole, a line of its own, and valid."""
        if not path.exists():
            return []
        text = path.read_bytes().decode()
        self.assertTrue(text == "" or text.endswith("\n"), "the last report is torn")
        lines = text.split("\n")[:-1]  # what else Python takes for the end of a line isn't one
        for line in lines:
            self.assertEqual(list(faults_of_report(line, _schema)), [], line[:2000])
        return [json.loads(line) for line in lines]

    def run_command(self, *arguments, env=None, cwd=None, stdin=subprocess.DEVNULL):
        """`cleanslate ARGUMENTS`, whatever comes of it."""
        self.assertTrue(COMMAND.exists(), f"{COMMAND} isn't built")
        return subprocess.run(
            [str(COMMAND), *map(str, arguments)],
            env=clean_environment(**(env or {})),
            cwd=cwd,
            stdin=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE * 3,
        )

    def run_function(self, *command, n=5, options=(), env=None, cwd=None, expect=0):
        """`cleanslate run -n N OPTIONS -- COMMAND`, with the function's environment `env`."""
        path = self.scratch / "reports.jsonl"
        settings = [word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")]
        command = ["--", *command] if command else []
        done = self.run_command("run", "-n", n, "--reports", path, *settings, *options, *command, cwd=cwd)
        self.assertEqual(
            done.returncode, expect, f"\nstdout: {done.stdout[-3000:]}\nstderr: {done.stderr[-3000:]}"
        )
        return Run(done.returncode, done.stdout, done.stderr, self.read_reports(path))

    def drive(
        self,
        command,
        events,
        faults=Faults(),
        preload=True,
        env=None,
        cwd=FUNCTIONS,
        in_flight=1,
        freeze=False,
        host="127.0.0.1",
        name_of_host=None,
    ):
        """Invokes `command` once for each of `events`; `freeze` stops and continues it before each."""
        name = "preloaded" if preload else "plain"
        path = self.scratch / f"{name}.jsonl"
        path.unlink(missing_ok=True)
        process = None

        def stop_and_continue(_):
            os.kill(process.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            os.kill(process.pid, signal.SIGCONT)
            os.waitid(os.P_PID, process.pid, os.WCONTINUED)

        api = RuntimeApi(events, faults, in_flight, stop_and_continue if freeze else None, host)
        given = {
            "AWS_LAMBDA_RUNTIME_API": f"{name_of_host}:{api.port}" if name_of_host else api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "test",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "LAMBDA_TASK_ROOT": cwd,
            "_HANDLER": "app.handler",
        }
        environment = clean_environment(**(given | (env or {})))
        if preload:
            environment = self.library_environment(path) | environment
        with open(self.scratch / f"{name}.out", "w+b") as out, open(
            self.scratch / f"{name}.err", "w+b"
        ) as err:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            waited_for = api.finished if in_flight == 1 else api.answered
            ended = wait_until(lambda: waited_for.is_set() or process.poll() is not None)
            code = process.poll()
            if in_flight > 1:  # the last window closes on the function's side, after its answer
                wait_until(lambda: not preload or reported_invocations(path) >= len(events))
            os.killpg(process.pid, signal.SIGKILL) if code is None else None
            process.wait()
            api.stop()
            streams = []
            for stream in (out, err):
                stream.seek(0)
                streams.append(stream.read().decode(errors="replace"))
        self.assertTrue(ended and code is None, f"{command} ended with {code}, or hung: {streams[1][-2000:]}")
        return Drive(api.answers, api.handed_out, self.read_reports(path), *streams)

    def assert_one_window_an_invocation(self, reports, request_ids):
        """One init report, then one window a request id, in order, all of one environment."""
        types = [report["cleanslate"]["type"] for report in reports]
        self.assertEqual(types, ["init"] + ["window"] * len(request_ids))
        windows = of_type(reports, "window")
        self.assertEqual(
            [window["cleanslate"]["window"]["requestIds"] for window in windows], [[id] for id in request_ids]
        )
        numbers = [
            (window["cleanslate"]["window"]["first"], window["cleanslate"]["window"]["last"])
            for window in windows
        ]
        self.assertEqual(numbers, [(number, number) for number in range(1, len(request_ids) + 1)])
        cold = [window["cleanslate"]["window"].get("coldStart", False) for window in windows]
        self.assertEqual(cold, [number == 0 for number in range(len(windows))])
        self.assertFalse(any(window["cleanslate"]["window"].get("concurrent", False) for window in windows))
        self.assertEqual(len({report["cleanslate"]["environment"] for report in reports}), 1)
        self.assertEqual(len({report["cleanslate"]["pid"] for report in reports}), 1)

    def assert_silent(self, reports):
        self.assertEqual(findings(reports, "warning", "critical"), set())


def wait_until(condition):
    """Whether `condition` came true while there was patience."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def reported_invocations(path):
    """Number of the last invocation that has a window."""
    if not path.exists():
        return 0
    lines = [json.loads(line) for line in path.read_text().splitlines(True) if line.endswith("\n")]
    return max((line["cleanslate"]["window"]["last"] for line in lines), default=0)


def main():
    if not RUNTIMES.exists():
        sys.exit("the runtime clients aren't installed: tools/setup installs them")
    unittest.main(verbosity=2)
