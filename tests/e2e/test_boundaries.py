"""Whatever way a program speaks to the Runtime API: the same windows, and the answers of a plain run."""

import re
import subprocess

from harness import CLIENTS, VICTIMS, Case, RuntimeApi, clean_environment, main, of_type, python_client

WAYS = [
    "byte-by-byte",
    "write",
    "vector",
    "message",
    "peek",
    "non-blocking",
    "duplicates",
    "streamed",
    "threads",
    "forked",
]
INVOCATIONS = 20


class Boundaries(Case):
    def check(self, command, **more):
        watched = self.drive(command, [b"{}"] * INVOCATIONS, env=self.own_tmp() | more.pop("env", {}), **more)
        self.assert_one_window_an_invocation(watched.reports, watched.handed_out)
        self.assertEqual(len(watched.answers), INVOCATIONS)
        self.assert_silent(watched.reports)
        return watched

    def test_restored_from_a_snapshot(self):
        watched = self.drive([str(VICTIMS / "wire_runtime"), "restored"], [b"{}"] * 5, env=self.own_tmp())
        ids = [window["cleanslate"]["window"]["requestIds"] for window in watched.windows]
        self.assertEqual(ids, [[id] for id in watched.handed_out])
        self.assertEqual(len(of_type(watched.reports, "restore")), 1)

    def test_localhost_by_name(self):
        for name, command in CLIENTS.items():
            with self.subTest(client=name):
                self.check(command, name_of_host="localhost")

    def test_ipv6(self):
        self.check(CLIENTS["libcurl"], host="::1")
        self.check(CLIENTS["libcurl, a connection a request"], host="::1")

    def test_started_by_a_shell(self):
        self.check(["sh", "-c", 'exec "$0"', CLIENTS["libcurl"][0]])
        self.check(["sh", "-c", '"$0"; exit 3', CLIENTS["libcurl"][0]])

    def test_handler_that_starts_processes_and_threads(self):
        (self.scratch / "busy.py").write_text(
            "import subprocess, threading, os\n"
            "def handler(event, context):\n"
            "    thread = threading.Thread(target=lambda: subprocess.run(['sh', '-c', 'echo x | cat'], check=True))\n"
            "    thread.start()\n"
            "    child = os.fork()\n"
            "    if child == 0: os._exit(5)\n"
            "    thread.join()\n"
            "    return [os.waitpid(child, 0)[1], os.system('exit 3')]\n"
        )
        watched = self.check(python_client("busy.handler"), cwd=self.scratch)
        self.assertEqual({answer.body for answer in watched.answers}, {b"[1280, 768]"})

    def test_function_that_can_not_start(self):
        (self.scratch / "broken.py").write_text("import a_module_that_nobody_has\n")
        command = python_client("broken.handler")
        said = []
        for preload in (True, False):
            api = RuntimeApi([])
            environment = clean_environment(AWS_LAMBDA_RUNTIME_API=api.address, LAMBDA_TASK_ROOT=self.scratch)
            if preload:
                environment |= self.library_environment(self.scratch / "reports.jsonl")
            done = subprocess.run(command, env=environment, cwd=self.scratch, capture_output=True, timeout=60)
            api.stop()
            out = re.sub(rb"\d{4}-\d\d-\d\dT[0-9:.]+Z", b"TIME", done.stdout)
            said.append((done.returncode, out, done.stderr, [(a.kind, a.body) for a in api.answers]))
        self.assertEqual(said[0], said[1])
        self.assertEqual(of_type(self.read_reports(self.scratch / "reports.jsonl"), "window"), [])


def add_tests():
    for way in WAYS:
        command = [str(VICTIMS / "wire_runtime"), way]
        setattr(
            Boundaries, f"test_{way.replace('-', '_')}", lambda self, command=command: self.check(command)
        )


add_tests()

if __name__ == "__main__":
    main()
