import collections
import os
import socket
import tempfile
import threading
import time

_host, _port = os.environ["PEER_KEEPING"].split(":")
_kept = []


# expect: limit-approaching
# expect: descriptor-leak
# also: heap-growth
# with: nofile=100
def leaky_descriptors(event, context):
    _kept.append(open("/proc/self/status"))
    return len(_kept)


# expect: limit-approaching
# expect: connection-leak
# with: nofile=100
def leaky_connections(event, context):
    _kept.append(socket.create_connection((_host, int(_port))))
    return len(_kept)


# expect: limit-approaching
# expect: heap-growth
def leaky_memory(event, context):
    _kept.append(b"x" * 1_500_000)
    return len(_kept)


# expect: limit-approaching
# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
def leaky_threads(event, context):
    for _ in range(8):
        threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
    return threading.active_count()


# clean of: limit-approaching
# with: nofile=100
# with: alone=yes
def clean_pool_of_sixty(event, context):
    while len(_kept) < 60:
        _kept.append(open("/proc/self/status"))
    return len(_kept)


# clean of: limit-approaching
# with: nofile=100
def clean_many_opened_and_closed(event, context):
    files = [open("/proc/self/status") for _ in range(70)]
    for file in files:
        file.close()
    return len(files)


_recent = collections.deque(maxlen=2)


# clean of: limit-approaching
def clean_large_and_renewed(event, context):
    _recent.append(bytes(15_000_000 + event["rows"]))
    return len(_recent)


_model = None


# clean of: limit-approaching
def clean_large_and_loaded_once(event, context):
    global _model
    _model = _model or b"m" * 60_000_000
    return len(_model)


# clean of: limit-approaching
def clean_large_file_rewritten(event, context):
    with open(os.path.join(tempfile.gettempdir(), "batch.bin"), "wb") as file:
        return file.write(bytes(10_000 * event["rows"]))


# clean of: limit-approaching
def clean_many_threads_joined(event, context):
    workers = [threading.Thread(target=len, args=("",)) for _ in range(30)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(workers)
