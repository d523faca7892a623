"""A small Lambda Runtime API for tests: a second opinion beside the emulator of `cleanslate run`.

It serves any number of connections and of open polls, keeps every response as bytes, and misbehaves on request in the
ways that a client of HTTP/1.1 has to bear: dribbled heads, lower-case names, closed connections, chunked bodies.
"""

import dataclasses
import http
import queue
import socket
import threading
import uuid


@dataclasses.dataclass(frozen=True)
class Faults:
    dribble: bool = False  # heads and the first 4 KiB of bodies leave 7 bytes at a time
    lower_case: bool = False  # header names
    close: bool = False  # the connection ends after each reply, and says so
    chunked: bool = False  # bodies of `next` have no length


@dataclasses.dataclass
class Answer:
    """What the function said to one event."""

    request_id: str
    kind: str  # "response" or "error"
    body: bytes


class RuntimeApi:
    """Serves `events` (bytes), then leaves every further `next` unanswered.

    `in_flight` invocations at most are handed out before one of them is answered. `before_next(index)`, if given, is
    called in the server before the event of that index is handed out.
    """

    def __init__(self, events, faults=Faults(), in_flight=1, before_next=None, host="127.0.0.1"):
        self.request_ids = [str(uuid.UUID(int=0x5E55_0000 + index)) for index in range(len(events))]
        self.handed_out = []
        self.answers = []
        self.answered = threading.Event()  # every event has its answer
        self.finished = threading.Event()  # and the client has asked for more
        self._events = list(events)
        self._faults = faults
        self._before_next = before_next
        self._slots = threading.Semaphore(in_flight)
        self._waiting = queue.SimpleQueue()
        for index in range(len(events)):
            self._waiting.put(index)
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=64)
        self.port = self._listener.getsockname()[1]
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as stream:
                while self._serve_one(connection, stream) and not self._faults.close:
                    pass
        except OSError:
            pass  # the client went away

    def _serve_one(self, connection, stream):
        request = stream.readline()
        if not request:
            return False
        method, path, _ = request.decode("latin-1").split(" ", 2)
        headers = {}
        while (line := stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._read_body(stream, headers)
        if path.endswith("/invocation/next"):
            return self._reply_next(connection)
        *_, request_id, kind = path.split("/")
        known = request_id in self.request_ids
        if known and kind in ("response", "error"):
            with self._lock:
                self.answers.append(Answer(request_id, kind, body))
                if len(self.answers) == len(self._events):
                    self.answered.set()
            self._slots.release()
        elif path.endswith("/restore/next"):
            known = True
        elif path.endswith("/init/error"):
            with self._lock:
                self.answers.append(Answer("init", "error", body))
            self.finished.set()
            known = True
        self._send(connection, 202 if known else 400, {}, b'{"status":"OK"}\n')
        return True

    def _reply_next(self, connection):
        with self._lock:
            if self.answered.is_set():
                self.finished.set()
        index = self._waiting.get()  # blocks for ever after the last event, as the real one does
        self._slots.acquire()
        if self._before_next:
            self._before_next(index)
        request_id = self.request_ids[index]
        with self._lock:
            self.handed_out.append(request_id)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": "4102444800000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:012345678912:function:test",
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
        }
        self._send(connection, 200, headers, self._events[index], chunked=self._faults.chunked)
        return True

    def _send(self, connection, status, headers, body, chunked=False):
        headers = {"Date": "Mon, 23 Nov 2026 05:00:00 GMT"} | headers
        if self._faults.close:
            headers["Connection"] = "close"
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
            body = (
                b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _pieces(body, 5000)) + b"0\r\n\r\n"
            )
        else:
            headers["Content-Length"] = str(len(body))
        if self._faults.lower_case:
            headers = {name.lower(): value for name, value in headers.items()}
        head = "HTTP/1.1 %d %s\r\n" % (status, http.HTTPStatus(status).phrase)
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        message = head.encode("latin-1") + body
        if self._faults.dribble:
            slow = len(head) + 4096
            for piece in _pieces(message[:slow], 7):
                connection.sendall(piece)
            message = message[slow:]
        connection.sendall(message)

    @staticmethod
    def _read_body(stream, headers):
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while length := int(stream.readline().split(b";")[0], 16):
                body += stream.read(length)
                stream.readline()
            while stream.readline() not in (b"\r\n", b""):
                pass
            return body
        return stream.read(int(headers.get("content-length", "0")))


def _pieces(data, size):
    return (data[start : start + size] for start in range(0, len(data), size))
