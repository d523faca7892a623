import asyncio
import concurrent.futures
import logging.handlers
import multiprocessing.pool
import queue
import sys
import threading
import time

_stop = threading.Event()  # nobody sets it


# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
def leaky_fire_and_forget(event, context):
    threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
    return threading.active_count()


_pools = {}


# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
def leaky_pool_by_customer(event, context):
    pool = _pools.setdefault(event["customer"], concurrent.futures.ThreadPoolExecutor(4))
    return list(pool.map(len, [event["customer"], event["token"]]))


# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
def leaky_watchdog_never_cancelled(event, context):
    threading.Timer(300, print, args=("too slow",)).start()
    return sum(range(event["rows"]))


# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
def leaky_log_listener_for_each_call(event, context):
    records = queue.Queue()
    logging.handlers.QueueListener(records, logging.StreamHandler(sys.stdout)).start()
    log = logging.Logger("orders")
    log.addHandler(logging.handlers.QueueHandler(records))
    log.warning("order %s", event["number"])
    return True


def _beat():
    while not _stop.wait(5):
        pass


_heart = None


# The old heart stops when the new one begins: it is always one thread, and always another.
# expect: thread-left-running
def leaky_heartbeat_renewed(event, context):
    global _heart
    if _heart is not None:
        _heart[1].set()
        _heart[0].join()
    stop = threading.Event()
    _heart = (threading.Thread(target=stop.wait, args=(300,), daemon=True), stop)
    _heart[0].start()
    return _heart[0].name


# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
# with: n=40
def leaky_slow_query_given_up(event, context):
    done = threading.Event()
    query = threading.Thread(target=done.wait, args=(300 if event["number"] % 4 == 3 else 0.001,), daemon=True)
    query.start()
    query.join(0.05)
    return "timed out" if query.is_alive() else "done"


# clean of: thread-left-running
def clean_joined(event, context):
    workers = [threading.Thread(target=sum, args=(range(1000),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(workers)


# clean of: thread-left-running
def clean_pool_in_a_with(event, context):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(len, [event["customer"], event["token"]]))


_pool = concurrent.futures.ThreadPoolExecutor(3)


# Starts a thread when it has none that is idle, up to three.
# clean of: thread-left-running
def clean_pool_that_fills_up(event, context):
    return list(_pool.map(len, [event["customer"]] * (1 + event["rows"] % 3)))


# clean of: thread-left-running
def clean_watchdog_cancelled(event, context):
    watchdog = threading.Timer(300, print, args=("too slow",))
    watchdog.start()
    try:
        return sum(range(event["rows"]))
    finally:
        watchdog.cancel()


_background = None


# clean of: thread-left-running
def clean_background_thread_of_the_first_call(event, context):
    global _background
    if _background is None:
        _background = threading.Thread(target=_beat, daemon=True)
        _background.start()
    return _background.is_alive()


# clean of: thread-left-running
def clean_log_listener_stopped(event, context):
    records = queue.Queue()
    listener = logging.handlers.QueueListener(records, logging.StreamHandler(sys.stdout))
    listener.start()
    records.put(logging.makeLogRecord({"msg": f"order {event['number']}"}))
    listener.stop()
    return True


# clean of: thread-left-running
def clean_asyncio_to_thread(event, context):
    return asyncio.run(asyncio.to_thread(sum, range(event["rows"])))


# clean of: thread-left-running
def clean_thread_pool_of_multiprocessing(event, context):
    with multiprocessing.pool.ThreadPool(2) as pool:
        sizes = pool.map(len, [event["customer"], event["token"]])
        pool.close()
        pool.join()
        return sizes
