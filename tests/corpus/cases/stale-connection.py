import http.client
import os
import select
import socket

from pip._vendor import requests, urllib3

_host, _port = os.environ["PEER_CLOSING"].split(":")
_keeping = os.environ["PEER_KEEPING"].split(":")
_client = None


# It works, because somebody wrote a retry for the errors that come now and then.
# expect: stale-connection *127.0.0.1:*
# with: peer=closing
def leaky_client_with_a_retry(event, context):
    global _client
    _client = _client or http.client.HTTPConnection(_host, int(_port))
    for _ in range(2):
        try:
            _client.request("POST", "/orders", body=event["customer"])
            return _client.getresponse().read().decode()
        except (http.client.HTTPException, OSError):
            _client.close()
    return "failed"


_database = None


def _connected():
    connection = socket.create_connection((_host, int(_port)))
    connection.settimeout(30)
    return connection


# expect: stale-connection *127.0.0.1:*
# with: peer=closing
def leaky_database_session(event, context):
    global _database
    _database = _database or _connected()
    try:
        _database.sendall(b"SELECT 1\r\n")
        answer = _database.recv(100)
    except OSError:
        answer = b""
    if not answer:
        _database.close()
        _database = _connected()
        _database.sendall(b"SELECT 1\r\n")
        answer = _database.recv(100)
    return answer.decode()


_pool = []


# The newest is used, the older ones stay in the pool, dead.
# expect: stale-connection *127.0.0.1:*
# also: connection-leak
# also: limit-approaching
# with: peer=closing
def leaky_pool_that_never_looks(event, context):
    connection = _connected()
    connection.sendall(b"PING\r\n")
    answer = connection.recv(100).decode()
    _pool.append(connection)
    return answer


_session = requests.Session()


# Looks at a connection before it uses it, and makes another.
# clean of: stale-connection
# with: peer=closing
def clean_session_that_looks_first(event, context):
    return _session.get(f"http://{_host}:{_port}/orders").json()


_manager = urllib3.PoolManager(maxsize=2)


# clean of: stale-connection
# with: peer=closing
def clean_pool_manager(event, context):
    return _manager.request("GET", f"http://{_host}:{_port}/orders").status


# clean of: stale-connection
# with: peer=closing
def clean_closed_by_us(event, context):
    with _connected() as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(100).decode()


_kept = None


# clean of: stale-connection
# with: pause=100
def clean_peer_that_keeps(event, context):
    global _kept
    _kept = _kept or http.client.HTTPConnection(_keeping[0], int(_keeping[1]))
    _kept.request("GET", "/orders")
    return _kept.getresponse().read().decode()


_checked = None


# clean of: stale-connection
# with: peer=closing
def clean_checked_before_use(event, context):
    global _checked
    if _checked is not None and select.select([_checked], [], [], 0)[0]:
        _checked.close()
        _checked = None
    _checked = _checked or _connected()
    _checked.sendall(b"PING\r\n")
    return _checked.recv(100).decode()
