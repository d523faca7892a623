import asyncio
import atexit
import collections
import contextvars
import functools
import json
import logging
import sys
import threading
import weakref

seen = []
orders_by_customer = {}
tokens = set()
state = {"stats": {"calls": 0}, "history": {"recent": []}}
recent = collections.deque()
audit = logging.getLogger("audit")
audit.propagate = False
trail = contextvars.ContextVar("trail")
local = threading.local()


# expect: variable-growth variable-growth.seen
def leaky_list(event, context):
    seen.append(event["number"])
    return len(seen)


# expect: variable-growth variable-growth.orders_by_customer
# also: payload-retained
def leaky_dict_by_customer(event, context):
    orders_by_customer[event["customer"]] = event["rows"]
    return len(orders_by_customer)


# expect: variable-growth variable-growth.tokens
# also: payload-retained
def leaky_set(event, context):
    tokens.add(event["token"])
    return len(tokens)


# expect: variable-growth variable-growth.state
def leaky_deep_below_a_global(event, context):
    state["history"]["recent"].append(event["number"])
    return True


# Nobody takes out of it.
# expect: variable-growth variable-growth.recent
def leaky_deque(event, context):
    recent.append(event["number"])
    return recent[-1]


class Cart:
    items = []

    def __init__(self):
        self.lines = []
        self.by_number = {}

    def add(self, number):
        self.items.append(number)
        return len(self.items)

    def keep(self, number):
        self.by_number[number] = {"number": number}


# The items are the class's, not the cart's.
# expect: variable-growth variable-growth.Cart.items
def leaky_class_attribute(event, context):
    return Cart().add(event["number"])


cart = Cart()


# expect: variable-growth variable-growth.cart.by_number
def leaky_singletons_attribute(event, context):
    cart.keep(event["number"])
    return True


def _counting():
    calls = []

    def count(number):
        calls.append(number)
        return len(calls)

    return count


count = _counting()


# expect: variable-growth *calls*
def leaky_closure(event, context):
    return count(event["number"])


@functools.lru_cache(maxsize=None)
def price_of(number):
    return {"number": number, "price": number * 3}


# expect: variable-growth *price_of*
def leaky_cache_without_a_limit(event, context):
    return price_of(event["number"])


# One more line for each call is the least of it: they all write.
# expect: variable-growth *audit*
def leaky_logging_handler(event, context):
    handler = logging.StreamHandler(sys.stdout)
    handler.setLevel(logging.CRITICAL)
    audit.addHandler(handler)
    audit.warning("served")
    return True


# expect: variable-growth sys.path
def leaky_sys_path(event, context):
    sys.path.insert(0, "/opt/vendored")
    return True


# expect: variable-growth *atexit*
def leaky_exit_handler(event, context):
    atexit.register(json.dumps, event["number"])
    return True


# expect: variable-growth *trail*
def leaky_context_variable(event, context):
    trail.set(trail.get(()) + (event["number"],))
    return len(trail.get())


# expect: variable-growth *local*
def leaky_thread_local(event, context):
    if not hasattr(local, "queries"):
        local.queries = []
    local.queries.append(event["number"])
    return True


_loop = asyncio.new_event_loop()


# expect: variable-growth *asyncio*
def leaky_tasks_never_awaited(event, context):
    async def forever():
        await asyncio.Event().wait()

    async def serve():
        asyncio.ensure_future(forever())

    _loop.run_until_complete(serve())
    return True


subscribers = []


class Listener:
    def __init__(self, number):
        self.number = number


# expect: variable-growth variable-growth.subscribers
def leaky_listener_for_each_call(event, context):
    subscribers.append(Listener(event["number"]))
    return len(subscribers)


calls = 0
last_number = 0
average = 0.0
metrics = {"requests": 0, "rows": 0, "latency": 0.0}


# clean of: variable-growth, variable-replaced, payload-retained
def clean_counters(event, context):
    global calls, last_number, average
    calls += 1
    last_number = event["number"]
    average += (event["number"] - average) / calls
    metrics["requests"] += 1
    metrics["rows"] += event["rows"]
    metrics["latency"] = average * 1.5
    return calls


buffer = []


# clean of: variable-growth, variable-replaced, payload-retained
def clean_buffer_that_is_flushed(event, context):
    buffer.extend(range(event["rows"]))
    flushed = len(buffer)
    buffer.clear()
    return flushed


profiles = collections.OrderedDict()


# clean of: variable-growth, variable-replaced, payload-retained
def clean_cache_that_evicts(event, context):
    customer = event["customer"]
    if customer not in profiles:
        profiles[customer] = {"customer": customer, "score": event["number"] % 7}
    profiles.move_to_end(customer)
    while len(profiles) > 50:
        profiles.popitem(last=False)
    return profiles[customer]["score"]


class Recent:
    def __init__(self, most):
        self._most = most
        self._entries = {}

    def put(self, key, value):
        if len(self._entries) >= self._most:
            self._entries.pop(next(iter(self._entries)))
        self._entries[key] = value


recently = Recent(100)


# clean of: variable-growth, variable-replaced
def clean_cache_class(event, context):
    recently.put(event["number"], event["number"] * 2)
    return True


@functools.lru_cache(maxsize=64)
def discount(customer):
    return {"customer": customer, "discount": len(customer)}


# clean of: variable-growth, variable-replaced, payload-retained
def clean_lru_cache(event, context):
    return discount(event["customer"])["discount"]


latest = collections.deque(maxlen=20)


# clean of: variable-growth, variable-replaced
def clean_ring(event, context):
    latest.append(event["number"])
    return len(latest)


tenants = {}


# A tenant each, and there are only so many.
# clean of: variable-growth, variable-replaced, payload-retained
# with: events=rotating
def clean_counts_by_tenant(event, context):
    tenants[event["tenant"]] = tenants.get(event["tenant"], 0) + 1
    return tenants[event["tenant"]]


# clean of: variable-growth
def clean_lazy_imports(event, context):
    import decimal
    import fractions

    return str(decimal.Decimal(fractions.Fraction(event["number"]).numerator))


_client = None


class Client:
    def __init__(self):
        self.region = "eu-central-1"
        self.calls = 0
        self._pool = [object() for _ in range(4)]

    def call(self, number):
        connection = self._pool.pop()
        try:
            self.calls += 1
            return number
        finally:
            self._pool.append(connection)


# Made by the first call, as a boto3 client is.
# clean of: variable-growth, variable-replaced
def clean_client_made_once(event, context):
    global _client
    if _client is None:
        _client = Client()
    return _client.call(event["number"])


logger = logging.getLogger("orders")
logger.setLevel(logging.INFO)
logger.propagate = False


# clean of: variable-growth
def clean_logger(event, context):
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logging.getLogger(f"orders.{event['number'] % 3}").info("served %s", event["number"])
    return True


alive = weakref.WeakValueDictionary()


# clean of: variable-growth
def clean_weak_references(event, context):
    listener = Listener(event["number"])
    alive[event["number"]] = listener
    return len(alive)


# clean of: variable-growth
def clean_tasks_that_are_awaited(event, context):
    async def serve():
        return await asyncio.gather(asyncio.sleep(0, 1), asyncio.sleep(0, 2))

    return sum(_loop.run_until_complete(serve()))


# clean of: variable-growth, variable-replaced
def clean_sys_path_once(event, context):
    if "/opt/vendored-once" not in sys.path:
        sys.path.append("/opt/vendored-once")
    return True


# Objects that refer to each other, which the collector frees in its own time.
# clean of: variable-growth
def clean_cycles(event, context):
    parent = Cart()
    parent.lines.append(parent)
    return len(parent.lines)
