import time

current_user = None
last_event = {}
report = ""


# expect: variable-replaced variable-replaced.current_user
# also: payload-retained variable-replaced.current_user
def leaky_global(event, context):
    global current_user
    current_user = event["customer"]
    return current_user


# expect: variable-replaced variable-replaced.last_event
# also: payload-retained variable-replaced.last_event
def leaky_event(event, context):
    global last_event
    last_event = event
    return True


class Session:
    def __init__(self):
        self.user = None
        self.headers = {"accept": "application/json"}
        self.calls = 0

    def login(self, user, token):
        self.user = user
        self.headers["authorization"] = f"Bearer {token}"


session = Session()


# expect: variable-replaced variable-replaced.session.user
# expect: variable-replaced variable-replaced.session.headers
# also: payload-retained variable-replaced.session.*
def leaky_singleton(event, context):
    session.login(event["customer"], event["token"])
    return True


class Request:
    current = None

    def __init__(self, customer):
        self.customer = customer


# expect: variable-replaced variable-replaced.Request.current*
# also: payload-retained variable-replaced.Request.current*
def leaky_class_attribute(event, context):
    Request.current = Request(event["customer"])
    return Request.current.customer


# None of it is the event's.
# expect: variable-replaced variable-replaced.report
def leaky_rendered_text(event, context):
    global report
    report = ", ".join(f"line {event['number'] * at}" for at in range(1, 5))
    return report


class Slotted:
    __slots__ = ("who",)


slotted = Slotted()


# expect: variable-replaced variable-replaced.slotted.who
# also: payload-retained variable-replaced.slotted.who
def leaky_slot(event, context):
    slotted.who = event["customer"]
    return True


# Only when it fails is it left.
# expect: variable-replaced variable-replaced.session.user
# also: payload-retained variable-replaced.session.*
# with: n=40
def leaky_when_it_fails(event, context):
    session.user = event["customer"]
    if event["number"] % 4 == 3:
        return "failed"
    session.user = None
    return "done"


# clean of: variable-replaced, payload-retained
def clean_reset(event, context):
    global current_user
    current_user = event["customer"]
    try:
        return len(current_user)
    finally:
        current_user = None


configuration = None
refreshed = 0.0


# clean of: variable-replaced
def clean_configuration_that_expires(event, context):
    global configuration, refreshed
    if configuration is None or time.monotonic() - refreshed > 3600:
        configuration = {"endpoint": "https://example.org/api", "retries": "3"}
        refreshed = time.monotonic()
    return configuration["endpoint"]


seen_at = ""


# clean of: variable-replaced
def clean_time_as_text(event, context):
    global seen_at
    seen_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event["number"] * 61))
    return seen_at


state = "idle"


# clean of: variable-replaced, payload-retained
def clean_state_machine(event, context):
    global state
    state = "working"
    state = "idle"
    return state


window = (0, 0.0)


# Numbers, in a new tuple each time.
# clean of: variable-replaced
def clean_rate_limit(event, context):
    global window
    window = (window[0] + 1, event["number"] * 0.5)
    return window[0]


headers = {"accept": "application/json"}


# clean of: variable-replaced, payload-retained
def clean_copy(event, context):
    own = dict(headers, authorization=event["token"])
    return len(own)
