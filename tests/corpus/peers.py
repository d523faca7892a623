"""Two peers on loopback for the functions: HTTP/1.1, or lines that are answered with `+OK`.

One keeps its connections open, as a well-behaved backend; the other closes each connection shortly after its answer, as
load balancers and databases do while the function is frozen.
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
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile("rb") as requests:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self._answer(connection, requests.readline(), requests):
                    connection.settimeout(self._closes_after)
        except OSError:
            pass  # it is time to close, or the client has gone

    def _answer(self, connection, request, rest):
        words = request.split()
        if len(words) != 3 or not words[2].startswith(b"HTTP/"):
            if request:
                connection.sendall(b"+OK\r\n")
            return bool(request)
        length = 0
        while (line := rest.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        rest.read(length)
        body = BODIES.get(words[1], b'{"ok":true}')
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)
        return True


def start_peers():
    """What the functions find in their environment."""
    return {"PEER_KEEPING": Peer().address, "PEER_CLOSING": Peer(CLOSES_AFTER).address}
