"""Two peers on loopback for the functions: HTTP/1.1, or lines that are answered with `+OK`.

One keeps its connections open, as a well-behaved backend; the other closes each connection shortly after its answer, as
load balancers and databases do while the function is frozen. It can be asked whether it has.
"""

import socket
import threading

CLOSES_AFTER = 0.03  # seconds without a request
BODIES = {
    b"/large": b"x" * (1 << 20),  # more than a client and the sockets hold
    b"/page": b"x" * 100_000,  # more than a client reads unasked
}


class Peer:
    def __init__(self, closes_after=None):
        self._closes_after = closes_after
        self._answered = set()  # connections that are to be closed, and aren't yet
        self._closed_one = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def wait_until_closed(self, seconds):
        """False: it still holds connections that it has answered."""
        with self._closed_one:
            return self._closed_one.wait_for(lambda: not self._answered, seconds)

    def end(self):
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept(2); close(2) doesn't
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # the end
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as requests:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while request := requests.readline():
                    with self._closed_one:
                        self._answered.add(connection)
                    self._answer(connection, request, requests)
                    connection.settimeout(self._closes_after)
        except OSError:
            pass  # it is time to close, or the client has gone
        with self._closed_one:
            self._answered.discard(connection)
            self._closed_one.notify_all()

    def _answer(self, connection, request, rest):
        words = request.split()
        if len(words) != 3 or not words[2].startswith(b"HTTP/"):
            connection.sendall(b"+OK\r\n")
            return
        length = 0
        while (line := rest.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        rest.read(length)
        body = BODIES.get(words[1], b'{"ok":true}')
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)


class Peers:
    """The two that one function talks to."""

    def __init__(self):
        self._keeping, self._closing = Peer(), Peer(CLOSES_AFTER)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._keeping.end()
        self._closing.end()

    def addresses(self):
        """What the function finds in its environment."""
        return {"PEER_KEEPING": self._keeping.address, "PEER_CLOSING": self._closing.address}

    def wait_until_closed(self, seconds):
        return self._closing.wait_until_closed(seconds)
