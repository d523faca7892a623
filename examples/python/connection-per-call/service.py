"""Stands in for a database: a socket that listens on loopback. AUDIT_ADDRESS=host:port names a real one instead.

Nobody accepts, and nobody has to: the kernel completes the connection and keeps the bytes.
"""

import os
import socket


def address():
    given = os.environ.get("AUDIT_ADDRESS")
    if given:
        host, _, port = given.rpartition(":")
        return host, int(port)
    return listener.getsockname()


listener = None if os.environ.get("AUDIT_ADDRESS") else socket.create_server(("127.0.0.1", 0), backlog=4096)
