import collections
import functools
import json

last_event = None


class Service:
    def __init__(self):
        self.last_event = None
        self.pending = []
        self.names = {}


service = Service()


# expect: payload-retained *service.last_event holds event.*
# also: variable-replaced
def leaky_event_in_an_attribute(event, context):
    service.last_event = event
    return True


# expect: payload-retained *service.pending holds event.token*
# also: variable-growth
def leaky_token_in_a_list(event, context):
    service.pending.append({"token": event["token"]})
    return True


# Part of another text.
# expect: payload-retained *authorization holds event.token*
# also: variable-replaced
def leaky_header(event, context):
    global authorization
    authorization = f"Bearer {event['token']}"
    return True


authorization = ""


# expect: payload-retained *raw holds event.customer*
# also: variable-replaced
def leaky_bytes(event, context):
    global raw
    raw = json.dumps(event).encode()
    return len(raw)


raw = b""


# By a name that everyone has.
# expect: payload-retained *service.names holds event.customer*
# also: variable-replaced
def leaky_under_a_fixed_key(event, context):
    service.names["current"] = event["customer"]
    return True


profiles = collections.OrderedDict()


# Who asks for an entry has the value already.
# clean of: payload-retained, variable-growth
def clean_cache_by_customer(event, context):
    profiles[event["customer"]] = {"customer": event["customer"], "seen": event["number"]}
    while len(profiles) > 30:
        profiles.popitem(last=False)
    return True


@functools.lru_cache(maxsize=32)
def greeting(customer):
    return f"hello {customer}"


# clean of: payload-retained, variable-growth
def clean_lru_cache(event, context):
    return greeting(event["customer"])


# clean of: payload-retained, variable-replaced
def clean_local(event, context):
    token = event["token"]
    return len(token)


# clean of: payload-retained, variable-replaced
def clean_put_back(event, context):
    service.last_event = event
    try:
        return len(service.last_event)
    finally:
        service.last_event = None


counts = {}


# clean of: payload-retained, variable-growth
# with: events=rotating
def clean_count_by_customer(event, context):
    counts[event["customer"]] = counts.get(event["customer"], 0) + 1
    return counts[event["customer"]]
