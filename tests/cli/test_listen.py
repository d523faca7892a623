"""Any HTTP client can invoke: --listen."""

import contextlib
import http.client
import json
import re
import signal
import sys
import threading

from harness import DONE, FUNCTION_FAILED, PATIENCE, UNREADABLE, VICTIM, Case, main

PATH = "/2015-03-31/functions/function/invocations"


class Listen(Case):
    def listen(self, what, *options):
        process = self.start(
            "run", "--no-preload", "--listen", "0", *options, "--", sys.executable, VICTIM, what
        )
        line = process.stderr.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+)" + PATH, line)
        self.assertIsNotNone(match, line)
        process.port = int(match[1])
        return process

    def invoke(self, process, body=b"{}", headers={}, method="POST", path=PATH):
        connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply, reply.read()

    def finish(self, process, expect=DONE):
        out, err = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, expect, err)
        return out, err

    def test_it_serves_until_it_is_interrupted(self):
        process = self.listen("echo")
        for number in range(7):
            reply, body = self.invoke(process, json.dumps({"n": number}).encode())
            self.assertEqual((reply.status, json.loads(body)), (200, {"n": number}))
        process.send_signal(signal.SIGINT)
        _, err = self.finish(process)
        self.assertIn("interrupted after 7 invocations", err)

    def test_it_ends_after_as_many_as_were_asked_for(self):
        process = self.listen("echo", "-n", "2")
        self.invoke(process)
        self.invoke(process)
        self.finish(process)

    def test_what_the_caller_gives_reaches_the_function(self):
        process = self.listen("headers", "-n", "1")
        given = {
            "X-Amz-Client-Context": "Y29udGV4dA==",
            "X-Amzn-Trace-Id": "Root=1-2-3",
            "X-Amz-Tenant-Id": "blue",
            "X-Amz-Cognito-Identity": "someone",
            "Content-Type": "text/x-mine",
        }
        _, body = self.invoke(process, b"{}", given)
        self.finish(process)
        seen = json.loads(body)
        self.assertEqual(seen["lambda-runtime-client-context"], "Y29udGV4dA==")
        self.assertEqual(seen["lambda-runtime-trace-id"], "Root=1-2-3")
        self.assertEqual(seen["lambda-runtime-aws-tenant-id"], "blue")
        self.assertEqual(seen["lambda-runtime-cognito-identity"], "someone")
        self.assertEqual(seen["content-type"], "text/x-mine")
        self.assertRegex(
            seen["lambda-runtime-aws-request-id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
        )
        self.assertRegex(
            seen["lambda-runtime-invoked-function-arn"], r"^arn:aws:lambda:[-a-z0-9]+:\d{12}:function:.+$"
        )
        self.assertGreater(int(seen["lambda-runtime-deadline-ms"]), 1_700_000_000_000)
        self.assertIn("date", seen)
        self.assertIn("content-length", seen)

    def test_callers_wait_for_each_other(self):
        process = self.listen("echo", "-n", "8")
        answers = {}

        def call(number):
            answers[number] = self.invoke(process, str(number).encode())[1]

        callers = [threading.Thread(target=call, args=(number,)) for number in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        self.finish(process)
        self.assertEqual(answers, {number: str(number).encode() for number in range(8)})

    def test_a_failure_is_an_answer_too(self):
        process = self.listen("fail", "-n", "1")
        reply, body = self.invoke(process)
        self.assertEqual((reply.status, reply.headers["X-Amz-Function-Error"]), (200, "Unhandled"))
        self.assertEqual(json.loads(body)["errorMessage"], "as asked")
        self.finish(process)

    def test_a_timeout_and_a_crash_are_answers_too(self):
        process = self.listen("hang_on_second", "-n", "3", "--timeout", "1")
        self.assertEqual(self.invoke(process)[1], b"{}")
        reply, body = self.invoke(process)
        self.assertEqual((reply.status, body), (200, b"Task timed out after 1.00 seconds"))
        self.assertEqual(self.invoke(process)[1], b"{}", "by a new process")
        self.finish(process, FUNCTION_FAILED)
        process = self.listen("exit_on_second", "-n", "2")
        self.invoke(process)
        reply, body = self.invoke(process)
        self.assertEqual(json.loads(body)["errorType"], "Runtime.ExitError")
        self.assertRegex(
            json.loads(body)["errorMessage"],
            r"^RequestId: [-0-9a-f]{36} Error: Runtime exited with error: exit status 7$",
        )
        self.finish(process, FUNCTION_FAILED)

    def test_asynchronous_invocations_and_dry_runs(self):
        process = self.listen("echo", "-n", "2")
        self.assertEqual(self.invoke(process, headers={"X-Amz-Invocation-Type": "DryRun"})[0].status, 204)
        self.assertEqual(self.invoke(process, headers={"X-Amz-Invocation-Type": "Event"})[0].status, 202)
        self.assertEqual(self.invoke(process, b"2")[1], b"2")
        self.finish(process)

    def test_what_is_no_invocation_is_refused(self):
        process = self.listen("echo", "-n", "1")
        self.assertEqual(self.invoke(process, path="/")[0].status, 404)
        self.assertEqual(self.invoke(process, method="GET", body=None)[0].status, 405)
        self.assertEqual(self.invoke(process, path="/2018-06-01/runtime/invocation/next")[0].status, 404)
        self.assertEqual(self.invoke(process, b"x" * ((6 << 20) + 101))[0].status, 413)
        self.assertEqual(self.invoke(process, b"1")[1], b"1")
        self.finish(process)

    def test_its_own_events_come_first(self):
        process = self.listen("tell", "-e", "1", "-e", "2", "-n", "2")
        out, _ = self.finish(process)
        self.assertEqual(self.said(out, "event"), ["1 1", "2 2"])

    def test_a_port_in_use(self):
        process = self.listen("echo")
        done = self.run_command("run", "--no-preload", "--listen", process.port, "true", expect=UNREADABLE)
        self.assert_refused(done, str(process.port))
        process.send_signal(signal.SIGTERM)
        self.finish(process)


if __name__ == "__main__":
    main()
