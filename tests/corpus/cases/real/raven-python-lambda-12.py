"""Netflix-Skunkworks/raven-python-lambda#12: a timer for "about to time out" and one for memory are started with each
invocation and never cancelled, until no thread can be started."""

import threading


def _warn(what):
    print("warning:", what)


# expect: thread-left-running
# also: heap-growth
# also: mapping-growth
# also: limit-approaching
def leaky_timers_never_cancelled(event, context):
    for part in (0.5, 0.9):
        threading.Timer(300 * part, _warn, args=("execution will soon time out",)).start()
    return threading.active_count()


# clean of: thread-left-running
def clean_timers_cancelled(event, context):
    timers = [threading.Timer(300 * part, _warn, args=("execution will soon time out",)) for part in (0.5, 0.9)]
    for timer in timers:
        timer.start()
    try:
        return sum(range(event["rows"]))
    finally:
        for timer in timers:
            timer.cancel()
