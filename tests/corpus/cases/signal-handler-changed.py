import asyncio
import faulthandler
import signal
import subprocess
import threading


# Each handler holds on to its event.
# expect: signal-handler-changed *SIGTERM*
def leaky_shutdown_hook_for_each_call(event, context):
    signal.signal(signal.SIGTERM, lambda *_: print("flush", event["customer"]))
    return True


def _too_late(number, frame):
    raise TimeoutError


# The alarm is cancelled, its handler isn't.
# expect: signal-handler-changed *SIGALRM*
def leaky_timeout_by_alarm(event, context):
    signal.signal(signal.SIGALRM, _too_late)
    signal.alarm(2)
    try:
        return sum(range(event["rows"]))
    finally:
        signal.alarm(0)


# expect: signal-handler-changed *SIGCHLD*
def leaky_children_ignored(event, context):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    return subprocess.Popen(["true"]).wait()


# expect: signal-handler-changed *SIGUSR1*
def leaky_dump_on_request(event, context):
    faulthandler.unregister(signal.SIGUSR1)
    faulthandler.register(signal.SIGUSR1, all_threads=event["rows"] > 50)
    return True


_before = signal.getsignal(signal.SIGINT)


# expect: signal-handler-changed *SIGINT*
# with: n=40 errors=expected
def leaky_error_on_the_way_back(event, context):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if event["number"] % 4 == 3:
        raise RuntimeError("failed half-way")
    signal.signal(signal.SIGINT, _before)


# It installs a handler for SIGINT, and takes it back.
# clean of: signal-handler-changed
def clean_asyncio_run(event, context):
    return asyncio.run(asyncio.sleep(0, event["customer"]))


# clean of: signal-handler-changed
def clean_put_back_in_a_finally(event, context):
    before = signal.signal(signal.SIGALRM, _too_late)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        return sum(range(event["rows"]))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


_hooked = False


# clean of: signal-handler-changed
# with: kept=once
def clean_hook_set_by_the_first_call(event, context):
    global _hooked
    if not _hooked:
        signal.signal(signal.SIGTERM, lambda *_: print("bye"))
        _hooked = True
    return True


# clean of: signal-handler-changed
def clean_loop_with_a_handler(event, context):
    async def serve():
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, loop.stop)
        await asyncio.sleep(0)
        loop.remove_signal_handler(signal.SIGTERM)

    asyncio.run(serve())
    return True


# clean of: signal-handler-changed
def clean_blocked_for_a_while(event, context):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    worker = threading.Thread(target=sum, args=([1, 2],))
    worker.start()
    worker.join()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return True


# clean of: signal-handler-changed
def clean_only_the_childs(event, context):
    return subprocess.run(["sh", "-c", "trap 'exit 3' TERM; kill $$"]).returncode
