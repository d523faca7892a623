import signal
import threading
import time


def _too_late(number, frame):
    raise TimeoutError


# expect: timer-left-running
# also: signal-handler-changed *SIGALRM*
def leaky_alarm_never_cancelled(event, context):
    signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(300)
    return sum(range(event["rows"]))


# expect: timer-left-running
# also: signal-handler-changed *SIGPROF*
def leaky_profiler_never_stopped(event, context):
    signal.signal(signal.SIGPROF, lambda *_: None)
    signal.setitimer(signal.ITIMER_PROF, 300, 300)
    return sum(range(event["rows"]))


# expect: timer-left-running
# also: signal-handler-changed *SIGALRM*
def leaky_flush_every_hour(event, context):
    signal.signal(signal.SIGALRM, lambda *_: print("flush", event["customer"]))
    signal.setitimer(signal.ITIMER_REAL, 3600, 3600)
    return True


signal.signal(signal.SIGVTALRM, signal.SIG_IGN)


# expect: timer-left-running
# with: n=40
def leaky_early_return(event, context):
    signal.setitimer(signal.ITIMER_VIRTUAL, 300)
    if event["number"] % 4 == 3:
        return "nothing to do"
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return "done"


# clean of: timer-left-running
def clean_alarm_cancelled(event, context):
    before = signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(300)
    try:
        return sum(range(event["rows"]))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# clean of: timer-left-running
def clean_timer_that_has_fired(event, context):
    fired = []
    before = signal.signal(signal.SIGALRM, lambda *_: fired.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.002)
    while not fired:
        time.sleep(0.001)
    signal.signal(signal.SIGALRM, before)
    return len(fired)


_armed = False


# clean of: timer-left-running
# with: kept=once
def clean_armed_by_the_first_call(event, context):
    global _armed
    if not _armed:
        signal.setitimer(signal.ITIMER_VIRTUAL, 100_000, 100_000)
        _armed = True
    return signal.getitimer(signal.ITIMER_VIRTUAL)[0] > 0


# A thread's timer, not the kernel's.
# clean of: timer-left-running
def clean_threads_timer_cancelled(event, context):
    timer = threading.Timer(300, print)
    timer.start()
    timer.cancel()
    timer.join()
    return True
