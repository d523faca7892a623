import collections
import ctypes
import functools
import json
import lzma
import queue
import re
import zlib

_history = []


# expect: heap-growth
def leaky_payload_kept_in_a_list(event, context):
    _history.append(json.dumps({"rows": ["x" * 100] * event["rows"]}))
    return len(_history)


_pages = {}


# expect: heap-growth
def leaky_cache_by_customer(event, context):
    if event["customer"] not in _pages:
        _pages[event["customer"]] = bytes(8_000 + event["rows"])
    return len(_pages)


@functools.lru_cache(maxsize=None)
def _rendered(customer, rows):
    return "".join(f"<li>{customer} {row}</li>" for row in range(rows + 500))


# expect: heap-growth
def leaky_lru_cache_without_a_bound(event, context):
    return len(_rendered(event["customer"], event["rows"]))


_libc = ctypes.CDLL(None)
_libc.malloc.restype = ctypes.c_void_p
_libc.malloc.argtypes = [ctypes.c_size_t]
_libc.free.argtypes = [ctypes.c_void_p]


# A binding whose `close` nobody calls.
# expect: heap-growth
def leaky_native_handle(event, context):
    return bool(_libc.malloc(20_000))


_streams = {}


# expect: heap-growth
# also: limit-approaching
def leaky_compressor_never_finished(event, context):
    stream = _streams[event["number"]] = zlib.compressobj()
    return len(stream.compress(b"x" * 10_000))


# A retry that keeps what it could not send.
# expect: heap-growth
# with: n=40
def leaky_every_fourth_call(event, context):
    if event["number"] % 4 == 0:
        _history.append(bytes(30_000))
    return len(_history)


@functools.lru_cache(maxsize=4)
def _bounded(customer):
    return bytes(50_000)


# clean of: heap-growth
def clean_lru_cache_of_four(event, context):
    return len(_bounded(event["customer"]))


_recent = collections.deque(maxlen=3)


# clean of: heap-growth
def clean_last_three_payloads(event, context):
    _recent.append(bytes(20_000 + event["rows"]))
    return len(_recent)


_state = {}


# The next customer's, but no more of it.
# clean of: heap-growth
# also: variable-replaced heap-growth._state
def clean_last_result_renewed(event, context):
    _state["last"] = json.dumps({"rows": ["x" * 100] * (event["rows"] * 10)})
    return len(_state["last"])


# clean of: heap-growth
def clean_handle_freed(event, context):
    handle = _libc.malloc(20_000)
    try:
        return bool(handle)
    finally:
        _libc.free(handle)


# Sizes differ from call to call, and the allocator keeps what it got.
# clean of: heap-growth
def clean_work_of_every_size(event, context):
    rows = [{"row": row, "text": "x" * (row % 900)} for row in range(event["rows"] * 20)]
    blob = lzma.compress(json.dumps(rows).encode(), preset=0)
    return len(blob) + len(bytearray(event["rows"] * 10_007))


# re, linecache and the like keep what they compiled, up to a bound of their own.
# clean of: heap-growth
def clean_modules_and_patterns_when_needed(event, context):
    import decimal, difflib, html, xml.dom.minidom

    pattern = re.compile(rf"row-{event['number'] % 7}-\d+")
    return bool(pattern.match("row-1-2")) + len(html.escape("<>")) + int(decimal.Decimal("1.5"))


class Order:
    def __init__(self, number):
        self.number = number
        self.lines = [f"line {number * at}" for at in range(5)]


_orders = queue.SimpleQueue()


# Python's own allocator hides them from malloc, and the queue from whoever looks at variables: the line tells.
# expect: heap-growth heap-growth.py
# with: n=14 by=12
def leaky_objects_in_a_queue(event, context):
    _orders.put(Order(event["number"]))
    return _orders.qsize()


_served = queue.SimpleQueue()


# clean of: heap-growth, variable-growth
def clean_queue_that_is_emptied(event, context):
    _served.put(Order(event["number"]))
    return _served.get().number


_counters = collections.Counter()


# clean of: heap-growth
def clean_metrics_by_route(event, context):
    _counters[f"GET /orders/{event['number'] % 5}"] += 1
    _counters["all"] += event["rows"]
    return sum(_counters.values())


_cache = collections.OrderedDict()


# clean of: heap-growth
def clean_cache_that_evicts(event, context):
    _cache[event["customer"]] = bytes(10_000)
    while len(_cache) > 3:
        _cache.popitem(last=False)
    return len(_cache)


class _Node:
    def __init__(self):
        self.itself = self
        self.blob = bytes(2_000)


# Garbage in a circle goes when the collector runs, not with the call.
# clean of: heap-growth
def clean_circles_for_the_collector(event, context):
    return sum(len(_Node().blob) for _ in range(event["rows"]))
