"""Runs a function through `cleanslate run`, invoking it from outside so that there can be a pause before an event."""

import dataclasses
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import zlib

from peers import Peers

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("CLEANSLATE_BUILD", SOURCE / "build")).resolve()
COMMAND = BUILD / "bin" / "cleanslate"
RUNTIMES = BUILD / "runtimes" if (BUILD / "runtimes").exists() else SOURCE / "build" / "runtimes"

_running = set()  # runs that have to be ended when the scorecard is

PATIENCE = 60  # seconds until an invocation that isn't answered counts as hung


@dataclasses.dataclass
class Done:
    """What came of a run."""

    trouble: str  # why it can't be judged; empty: it can
    reports: list
    answers: list
    output: str

    def findings(self):
        """(number of the invocation, finding), in order."""
        return [
            (report["cleanslate"]["window"]["last"], finding)
            for report in self.reports
            if report["cleanslate"]["type"] == "window"
            for finding in report["cleanslate"].get("findings", [])
        ]


def command_of(language, path, handler):
    """The official client of the language and its handler; C++ is its own client."""
    if language == "python":
        return [str(RUNTIMES / "python/bin/python3"), "-m", "awslambdaric", handler]
    if language == "node":
        client = RUNTIMES / "node/node_modules/aws-lambda-ric/bin/index.mjs"
        return [str(RUNTIMES / "node/bin/node"), str(client), handler]
    return [str(BUILD / "tests/corpus" / path.stem), handler]


CUSTOMERS = ["acme", "globex", "initech", "umbrella", "hooli"]


def event_of(kind, number):
    """No two alike, as a function's events are; `rotating` and `same` for what must come back."""
    who = {"unique": number, "rotating": number % 3, "same": 0}[kind]
    return {
        "number": number,
        "customer": f"{CUSTOMERS[who % len(CUSTOMERS)]}-{who:05d}",
        "tenant": CUSTOMERS[who % len(CUSTOMERS)],
        "token": f"session-{who * 7919:08x}",
        "rows": 20 + zlib.crc32(b"%d" % number) % 100,  # no pattern in it
    }


def run(command, scratch, root, settings, preload=True, every_window=True, env=(), pause_every=1, n=None):
    """Invokes `command` as `settings` ask for. `scratch` is emptied, and holds what the run leaves.

    Not `every_window`: only those with a warning are reported, which costs less, and is what functions do by default.
    """
    env = [*env, ("CLEANSLATE_REPORT", "all" if every_window else "findings")]
    with Peers() as peers:
        done = _run(command, scratch, root, settings, peers, preload, env, pause_every, n or settings.n)
    windows = sum(report["cleanslate"]["type"] == "window" for report in done.reports)
    if not done.trouble and preload and every_window and windows != len(done.answers):
        done.trouble = f"{windows} windows of {len(done.answers)} invocations"
    return done


def _run(command, scratch, root, settings, peers, preload, env, pause_every, n):
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    # Other programs of the machine use /tmp meanwhile. A socket's path has to be short, so it isn't in `scratch`.
    tmp = tempfile.mkdtemp(prefix="corpus-")
    reports = scratch / "reports.jsonl"
    variables = {
        "TMPDIR": tmp,
        "CLEANSLATE_TMP": tmp,
        "PYTHONDONTWRITEBYTECODE": 1,
        **peers.addresses(),
        **dict(settings.env),
        **dict(env),
    }
    words = [COMMAND, "run", "--listen", 0, "-n", n, "--root", root]
    words += ["--memory", settings.memory, "--timeout", PATIENCE, "--reports", reports]
    words += [] if preload else ["--no-preload"]
    words += [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    words += ["--", "sh", "-c", 'ulimit -n "$0" && exec "$@"', settings.nofile, *command]
    with open(scratch / "output", "w+b") as output:
        runner = subprocess.Popen(
            [str(word) for word in words],
            env=_plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
        )
        _running.add(runner)
        try:
            trouble, answers = _invoke_all(runner, output, settings, peers, n, pause_every)
            if not trouble:
                runner.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            trouble = "the run made no end"
        finally:
            _running.discard(runner)
            if runner.poll() is None:
                runner.terminate()
                runner.wait()
        output.seek(0)
        text = output.read().decode(errors="replace")
    if not trouble and runner.returncode:
        trouble = f"the run ended with {runner.returncode}: {text[-400:]}"
    lines = reports.read_text().splitlines() if reports.exists() else []
    shutil.rmtree(tmp, ignore_errors=True)
    return Done(trouble, [json.loads(line) for line in lines], answers, text)


def end_all():
    """Each run ends what its function started."""
    for runner in list(_running):
        runner.terminate()


def _plain_environment():
    """Without anything that changes how the library, a client or a function behaves."""
    unwanted = ("CLEANSLATE", "LD_", "AWS_", "LAMBDA_", "_HANDLER", "LC_", "LANG", "TZ", "PYTHON", "NODE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {"LANG": "C.UTF-8"}


def _invoke_all(runner, output, settings, peers, n, pause_every):
    port = _port_of(runner, output)
    if port is None:
        return "the run didn't start", []
    answers = []
    try:
        for number in range(n):
            if number % pause_every == 0:
                if settings.peer == "closing" and not peers.wait_until_closed(PATIENCE):
                    return "the peer could not close its connections", answers
                time.sleep(settings.pause / 1000)
            answer = _invoke(port, event_of(settings.events, number))
            answers.append(answer)
            if isinstance(answer, dict) and "errorType" in answer and not settings.errors:
                return f"invocation {number + 1} failed: {json.dumps(answer)[:600]}", answers
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"invocation {len(answers) + 1} was not answered: {error!r}", answers
    return "", answers


def _port_of(runner, output):
    for line in runner.stderr:
        if b"listening: POST http://127.0.0.1:" in line:
            port = int(line.split(b"http://127.0.0.1:")[1].split(b"/")[0])
            threading.Thread(target=_drain, args=(runner.stderr, output), daemon=True).start()
            return port
        output.write(line)
    return None


def _drain(stream, output):
    for line in stream:
        try:
            os.write(output.fileno(), line)
        except ValueError:
            return  # the run is over, and its output read


def _invoke(port, event):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
        text = connection.getresponse().read().decode(errors="replace")
    finally:
        connection.close()
    return json.loads(text) if text else None
