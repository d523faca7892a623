import asyncio
import contextlib
import http.client
import os
import socket
import socketserver
import tempfile
import threading

# The same code as requests itself, which every installation of pip carries.
from pip._vendor import requests

_host, _port = os.environ["PEER_KEEPING"].split(":")
_url = f"http://{_host}:{_port}/orders"
_kept = []


# expect: connection-leak tcp 127.0.0.1:*
# also: limit-approaching
def leaky_client_for_each_call(event, context):
    client = http.client.HTTPConnection(_host, int(_port))
    client.request("GET", "/orders")
    _kept.append(client)
    return client.getresponse().read().decode()


_sessions = {}


# expect: connection-leak tcp 127.0.0.1:*
# also: heap-growth
# also: limit-approaching
def leaky_session_by_customer(event, context):
    session = _sessions.setdefault(event["customer"], requests.Session())
    return session.get(_url).json()


# expect: connection-leak tcp 127.0.0.1:*
# also: limit-approaching
def leaky_socket_left_on_early_return(event, context):
    fd = socket.create_connection((_host, int(_port))).detach()
    os.write(fd, b"PING\r\n")
    answer = os.read(fd, 100).decode()
    if answer.startswith("+OK"):
        return answer
    os.close(fd)
    return "failed"


_servers = []


# A server in the function, for a framework that wants to be called over HTTP.
# expect: connection-leak
# also: tmp-growth *server-*.sock
# also: heap-growth
# also: limit-approaching
def leaky_server_for_each_call(event, context):
    path = os.path.join(tempfile.gettempdir(), f"server-{event['number']}.sock")
    _servers.append(socketserver.UnixStreamServer(path, socketserver.StreamRequestHandler))
    return len(_servers)


_loops = []


# The loop's own pair of sockets stays, and its selector.
# expect: connection-leak
# also: descriptor-leak *eventpoll*
# also: heap-growth
# also: limit-approaching
def leaky_event_loop_for_each_call(event, context):
    loop = asyncio.new_event_loop()
    _loops.append(loop)
    return loop.run_until_complete(asyncio.sleep(0, event["customer"]))


# expect: connection-leak tcp 127.0.0.1:*
# also: limit-approaching
# with: n=40
def leaky_retry_forgets_the_first(event, context):
    attempts = [socket.create_connection((_host, int(_port))) for _ in range(2 if event["number"] % 5 == 4 else 1)]
    attempts.pop().close()
    _kept.extend(attempts)
    return len(_kept)


# clean of: connection-leak
def clean_client_closed(event, context):
    with contextlib.closing(http.client.HTTPConnection(_host, int(_port))) as client:
        client.request("GET", "/orders")
        return client.getresponse().read().decode()


_client = None


# clean of: connection-leak
def clean_client_reused(event, context):
    global _client
    _client = _client or http.client.HTTPConnection(_host, int(_port))
    _client.request("GET", "/orders")
    return _client.getresponse().read().decode()


_session = requests.Session()


# clean of: connection-leak
def clean_session_reused(event, context):
    return _session.get(_url).json()


# clean of: connection-leak
def clean_session_in_a_with(event, context):
    with requests.Session() as session:
        return session.get(_url).json()


_pool = []


# As many as are wanted at a time, which is no more than three.
# clean of: connection-leak
def clean_pool_that_fills_up(event, context):
    wanted = 1 + event["number"] % 3
    while len(_pool) < wanted:
        _pool.append(socket.create_connection((_host, int(_port))))
    for connection in _pool[:wanted]:
        connection.sendall(b"PING\r\n")
    return [connection.recv(100).decode() for connection in _pool[:wanted]]


_renewed = None


# clean of: connection-leak
def clean_connection_renewed(event, context):
    global _renewed
    if _renewed is not None:
        _renewed.close()
    _renewed = socket.create_connection((_host, int(_port)))
    _renewed.sendall(b"PING\r\n")
    return _renewed.recv(100).decode()


# clean of: connection-leak
def clean_server_closed(event, context):
    path = os.path.join(tempfile.gettempdir(), "server.sock")
    with socketserver.UnixStreamServer(path, socketserver.StreamRequestHandler):
        os.unlink(path)
        return True


# clean of: connection-leak
def clean_asyncio_run(event, context):
    async def fetch():
        reader, writer = await asyncio.open_connection(_host, int(_port))
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return answer.decode()

    return asyncio.run(fetch())


# clean of: connection-leak
def clean_pair_closed(event, context):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        echo = threading.Thread(target=lambda: theirs.sendall(theirs.recv(100)))
        echo.start()
        ours.sendall(event["customer"].encode())
        echo.join()
        return ours.recv(100).decode()
