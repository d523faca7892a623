import concurrent.futures
import logging
import logging.handlers
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time

_host, _port = os.environ["PEER_KEEPING"].split(":")


def _later(work, *arguments):
    threading.Timer(0.15, work, arguments).start()


def _append(name, text):
    with open(os.path.join(tempfile.gettempdir(), name), "a") as file:
        file.write(text)


# expect: post-response-activity
# also: thread-left-running
# also: tmp-growth *audit.log
# with: n=7 pause=400
def leaky_audit_written_in_the_background(event, context):
    _later(_append, "audit.log", f"{event['customer']}\n")
    return "accepted"


_metrics = None


def _report(customer):
    global _metrics
    if _metrics is not None:
        _metrics.close()
    _metrics = socket.create_connection((_host, int(_port)))
    _metrics.sendall(f"SET {customer}\r\n".encode())


# expect: post-response-activity
# also: thread-left-running
# with: n=7 pause=400
def leaky_metrics_sent_after_the_answer(event, context):
    _later(_report, event["customer"])
    return "accepted"


# expect: post-response-activity
# also: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
# with: n=7 pause=400
def leaky_starts_more_work_after_the_answer(event, context):
    _later(lambda: threading.Thread(target=time.sleep, args=(300,), daemon=True).start())
    return "accepted"


_pool = concurrent.futures.ThreadPoolExecutor(1)


def _thumbnail(number):
    time.sleep(0.15)
    path = os.path.join(tempfile.gettempdir(), f"thumb-{number}.png")
    with open(path, "wb") as file:
        file.write(bytes(1000))
    os.unlink(os.path.join(tempfile.gettempdir(), f"thumb-{number - 1}.png")) if number else None


# The pool is as it should be; what is given to it isn't awaited.
# expect: post-response-activity
# with: n=7 pause=400
def leaky_task_given_to_the_pool(event, context):
    _pool.submit(_thumbnail, event["number"])
    return "accepted"


# expect: post-response-activity
# also: thread-left-running
# also: environment-changed
# with: n=7 pause=400
def leaky_setting_changed_after_the_answer(event, context):
    _later(os.environ.__setitem__, "LAST_CUSTOMER", event["customer"])
    return "accepted"


# clean of: post-response-activity
# with: n=7 pause=400
def clean_audit_written_before_the_answer(event, context):
    writer = threading.Thread(target=_append, args=("latest.log", ""))
    writer.start()
    writer.join()
    return "accepted"


_records = queue.Queue()
_log = logging.Logger("orders")
_log.addHandler(logging.handlers.QueueHandler(_records))
_listener = None


# To stdout, which is where logs go.
# clean of: post-response-activity
# with: n=7 pause=400
def clean_logs_flushed_in_the_background(event, context):
    global _listener
    if _listener is None:
        _listener = logging.handlers.QueueListener(_records, logging.StreamHandler(sys.stdout))
        _listener.start()
    _log.warning("order %s", event["number"])
    return "accepted"


# clean of: post-response-activity
# with: n=7 pause=400
def clean_task_awaited(event, context):
    return _pool.submit(sum, range(event["rows"])).result()


_kept = None


# Its keep-alive is the peer's business.
# clean of: post-response-activity
# with: n=7 pause=400
def clean_connection_idle(event, context):
    global _kept
    _kept = _kept or socket.create_connection((_host, int(_port)))
    _kept.sendall(b"PING\r\n")
    return _kept.recv(100).decode()


_counter = None
_beats = 0


def _count():
    global _beats
    while True:
        time.sleep(0.005)
        _beats += 1


# clean of: post-response-activity
# with: n=7 pause=400
def clean_thread_that_only_counts(event, context):
    global _counter
    if _counter is None:
        _counter = threading.Thread(target=_count, daemon=True)
        _counter.start()
    return _beats


# clean of: post-response-activity
# with: n=7 pause=400
def clean_child_waited_for(event, context):
    return subprocess.run(["sh", "-c", "sleep 0.01; echo $0", event["customer"]], capture_output=True).returncode
