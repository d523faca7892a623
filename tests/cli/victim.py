#!/usr/bin/env python3
"""A Lambda runtime of a few lines that does what its first argument says. It needs no official client."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

API = "/2018-06-01/runtime"


class Runtime:
    def __init__(self):
        self.connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def ask(self, method, path, body=None, headers={}):
        self.connection.request(method, API + path, body, headers)
        reply = self.connection.getresponse()
        return reply, reply.read()

    def next(self):
        reply, event = self.ask("GET", "/invocation/next")
        return reply.headers["Lambda-Runtime-Aws-Request-Id"], event, reply.headers

    def respond(self, request_id, body, kind="response"):
        return self.ask("POST", f"/invocation/{request_id}/{kind}", body)[0].status

    def serve(self, handler):
        number = 0
        while True:
            request_id, event, headers = self.next()
            number += 1
            self.respond(request_id, handler(number, event, headers))


def echo(runtime):
    runtime.serve(lambda number, event, headers: event)


def tell(runtime):
    """Prints what it was given."""

    def handler(number, event, headers):
        print("event", number, event.decode(), flush=True)
        return event

    runtime.serve(handler)


def environment(runtime):
    print("environment", json.dumps(dict(os.environ)), flush=True)
    print("folder", os.getcwd(), flush=True)
    print("descriptors", sorted(map(int, os.listdir("/proc/self/fd")))[:-1], flush=True)
    print("stdin", os.readlink("/proc/self/fd/0"), flush=True)
    echo(runtime)


def headers(runtime):
    def handler(number, event, headers):
        return json.dumps({name.lower(): value for name, value in headers.items()})

    runtime.serve(handler)


def crash_on_second(runtime):
    def handler(number, event, headers):
        if number == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        print("pid", os.getpid(), flush=True)
        return event

    runtime.serve(handler)


def exit_on_second(runtime):
    runtime.serve(lambda number, event, headers: sys.exit(7) if number == 2 else event)


def exit_at_once(runtime):
    print("no luck", file=sys.stderr)
    sys.exit(4)


def exit_between(runtime):
    """Ends cleanly after its first answer."""
    request_id, event, _ = runtime.next()
    runtime.respond(request_id, event)


def init_error(runtime):
    runtime.ask("POST", "/init/error", '{"errorType":"ImportError","errorMessage":"no module named app"}')
    sys.exit(1)


def hang_on_second(runtime):
    runtime.serve(lambda number, event, headers: time.sleep(600) if number == 2 else event)


def hang_after_answer(runtime):
    request_id, event, _ = runtime.next()
    runtime.respond(request_id, event)
    time.sleep(600)


def hang_in_init(runtime):
    time.sleep(600)


def fail(runtime):
    while True:
        request_id, _, _ = runtime.next()
        runtime.respond(request_id, '{"errorType":"ValueError","errorMessage":"as asked"}', "error")


def large(runtime):
    """Answers as many bytes as the event says."""
    while True:
        request_id, event, _ = runtime.next()
        print("status", runtime.respond(request_id, b'"' + b"x" * (json.loads(event) - 2) + b'"'), flush=True)


def noisy(runtime):
    os.write(1, b"bytes \xff\x00\x01 end\n")
    os.write(1, b"y" * 300_000 + b"\n")
    os.write(2, b"without a newline")
    echo(runtime)


def escape(runtime):
    """Leaves processes behind in every way there is; prints their numbers."""

    def double_fork():
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(writer, b"%d\n" % os.getpid())
                for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                    signal.signal(name, signal.SIG_IGN)
                for descriptor in range(3):
                    os.close(descriptor)
                time.sleep(600)
            os._exit(0)
        os.wait()
        return int(os.read(reader, 100))

    pids = [os.getpid(), double_fork(), subprocess.Popen(["sleep", "600"]).pid]
    family = subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; sleep 600"], start_new_session=True, stdout=subprocess.PIPE
    )
    pids += [family.pid, int(family.stdout.readline())]
    print("pids", json.dumps(pids), flush=True)
    echo(runtime)


def report(runtime):
    """Writes the lines that the library would."""
    output = os.environ["CLEANSLATE_OUTPUT"].removeprefix("file:")
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    own = json.loads(sys.argv[2]) if len(sys.argv) > 2 else []

    def write(kind, window, findings=[]):
        body = {"schema": "1.0", "type": kind, "environment": "e1", "pid": os.getpid(), "window": window}
        line = {"level": "INFO", "timestamp": "2026-11-23T05:02:11.123Z", "message": "m", "FunctionName": "f"}
        line["Findings"] = len(findings)
        line["cleanslate"] = body | {"findings": findings}
        os.write(descriptor, json.dumps(line).encode() + b"\n")

    write("init", {})
    number = 0
    while True:
        request_id, event, _ = runtime.next()
        number += 1
        runtime.respond(request_id, event)
        write("window", {"first": number, "last": number, "requestIds": [request_id]}, own)


def leave_files(runtime):
    """One more file in the watched folder with each event, of two kinds."""
    folder = os.environ["CLEANSLATE_TMP"]

    def handler(number, event, headers):
        for kind in ("cache", "invoice"):
            with open(f"{folder}/{kind}-{number}.txt", "w") as file:
                file.write("kept")
        return event

    runtime.serve(handler)


def three_at_once(runtime):
    """Three threads; each answers when all three have an event."""
    barrier = threading.Barrier(3)

    def work():
        own = Runtime()
        while True:
            request_id, event, _ = own.next()
            barrier.wait()
            own.respond(request_id, event)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def repeat_next(runtime):
    first, _, _ = runtime.next()
    second, event, _ = runtime.next()
    print("same", first == second, flush=True)
    print("wrong", runtime.respond("nonsense", b"{}"), flush=True)
    print("right", runtime.respond(second, event), flush=True)
    print("again", runtime.respond(second, event), flush=True)
    print("init", runtime.ask("POST", "/init/error", "{}")[0].status, flush=True)
    echo(runtime)


def count_freezes(runtime):
    """Counts how often it was continued after a stop."""
    continued = []
    signal.signal(signal.SIGCONT, lambda number, frame: continued.append(number))

    def handler(number, event, headers):
        print("continued", len(continued), flush=True)
        return event

    runtime.serve(handler)


if __name__ == "__main__":
    globals()[sys.argv[1]](Runtime())
