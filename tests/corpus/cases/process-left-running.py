import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys

_children = []


# expect: process-left-running
# also: heap-growth
# also: limit-approaching
def leaky_helper_for_each_call(event, context):
    _children.append(subprocess.Popen(["sleep", "300"]))
    return len(_children)


# It has ended; but nobody has asked how, so its entry stays.
# expect: process-left-running
# also: heap-growth
# also: limit-approaching
def leaky_zombie(event, context):
    child = subprocess.Popen(["true"])
    _children.append(child)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    return len(_children)


# expect: process-left-running
# also: heap-growth
# also: descriptor-leak pipe
# also: limit-approaching
def leaky_forked_worker(event, context):
    worker = multiprocessing.get_context("fork").Process(target=signal.pause, daemon=True)
    worker.start()
    return worker.pid


# expect: process-left-running
# also: heap-growth
# also: limit-approaching
def leaky_session_of_its_own(event, context):
    _children.append(
        subprocess.Popen(
            ["sh", "-c", "sleep 300; true"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    )
    return True


# expect: process-left-running
# also: heap-growth
# also: limit-approaching
# with: n=40
def leaky_given_up_when_slow(event, context):
    child = subprocess.Popen(["sleep", "300" if event["number"] % 4 == 3 else "0"])
    try:
        return child.wait(0.1)
    except subprocess.TimeoutExpired:
        return "too slow"


# The shell has ended: nothing here is its parent any more.
# expect: process-left-running
# also: limit-approaching
def leaky_in_the_background_of_a_shell(event, context):
    return subprocess.run(["sh", "-c", "sleep 60 > /dev/null 2>&1 &"]).returncode


# expect: process-left-running
# also: limit-approaching
def leaky_daemon(event, context):
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "60"])
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# clean of: process-left-running
def clean_in_the_background_of_a_shell(event, context):
    return subprocess.run(["sh", "-c", "sleep 0.01 & wait"]).returncode


# clean of: process-left-running
def clean_run(event, context):
    return subprocess.run(["sh", "-c", "echo $0", event["customer"]], capture_output=True, text=True).stdout


# clean of: process-left-running
def clean_popen_in_a_with(event, context):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        return child.communicate(event["customer"])[0]


# clean of: process-left-running
def clean_killed_when_slow(event, context):
    try:
        subprocess.run(["sleep", "300"], timeout=0.02)
    except subprocess.TimeoutExpired:
        return "too slow"


_helper = None


# clean of: process-left-running
def clean_helper_of_the_first_call(event, context):
    global _helper
    if _helper is None:
        _helper = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    _helper.stdin.write(event["customer"] + "\n")
    _helper.stdin.flush()
    return _helper.stdout.readline()


# clean of: process-left-running
# with: alone=yes
def clean_forked_and_joined(event, context):
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        worker = multiprocessing.get_context("fork").Process(target=theirs.send, args=(event["rows"],))
        worker.start()
        rows = ours.recv()
        worker.join()
        worker.close()
        return rows


# clean of: process-left-running
# with: alone=yes
def clean_fork_and_wait(event, context):
    pid = os.fork()
    if pid == 0:
        os._exit(event["rows"] % 100)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


# clean of: process-left-running
def clean_asyncio_subprocess(event, context):
    async def work():
        child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
        return (await child.communicate(event["customer"].encode()))[0].decode()

    return asyncio.run(work())


# clean of: process-left-running
def clean_system(event, context):
    sys.stdout.flush()
    return os.system("exit 3")
