"""A handler around one case that notes, without the library, what the process looks like before and after each
invocation. WITNESS names the case's file and function, and the file of the notes."""

import ctypes
import gc
import importlib
import json
import locale
import os
import pathlib
import signal
import sys

_file, _function, _notes = os.environ["WITNESS"].split(":")
sys.path.insert(0, str(pathlib.Path(_file).parent))
_case = getattr(importlib.import_module(pathlib.Path(_file).stem), _function)


class _Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd u f uordblks o k".split()]


# What nobody else is the parent of becomes a child here, where it is seen: PR_SET_CHILD_SUBREAPER of prctl(2).
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

_mallinfo2 = ctypes.CDLL(None).mallinfo2
_mallinfo2.restype = _Mallinfo2


def handler(event, context):
    before = _picture()
    try:
        return _case(event, context)
    finally:
        with open(_notes, "a") as notes:
            notes.write(json.dumps([before, _picture()]) + "\n")


def _picture():
    gc.collect()  # garbage is nobody's leak
    status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
    memory = _mallinfo2()
    descriptors = _descriptors()
    return {
        "files": [name for name in descriptors if not name.startswith("socket:")],
        "sockets": [name for name in descriptors if name.startswith("socket:")],
        "closed by peer": _closed_by_peer(set(descriptors)),
        "threads": sorted(os.listdir("/proc/self/task")),
        "children": _children(),
        "environment": _environment(),
        "folder": os.getcwd(),
        "umask": status["Umask"].strip(),
        "signals": [status[key].strip() for key in ("SigCgt", "SigIgn", "SigBlk")],
        "handlers": [repr(signal.getsignal(number)) for number in signal.valid_signals()],
        "locale": locale.setlocale(locale.LC_ALL),
        "timers": [signal.getitimer(kind)[0] > 0 for kind in range(3)],
        "tmp": _tmp(os.environ["TMPDIR"]),
        "heap": memory.uordblks + memory.hblkhd,
        "mapped": int(status["VmSize"].split()[0]) * 1024,
    }


# As a child would see it: os.environ doesn't know what putenv() set.
def _environment():
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    found, at = {}, 0
    while environ[at]:
        name, _, value = environ[at].decode(errors="replace").partition("=")
        found[name] = value
        at += 1
    return found


def _descriptors():
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
        except OSError:
            pass  # the descriptor of the listing itself
    return sorted(found)


def _closed_by_peer(descriptors):
    lines = [line.split() for line in open("/proc/self/net/tcp").read().splitlines()[1:]]
    return sorted(line[9] for line in lines if line[3] == "08" and f"socket:[{line[9]}]" in descriptors)


def _children():
    found = []
    for task in os.listdir("/proc/self/task"):
        try:
            found += open(f"/proc/self/task/{task}/children").read().split()
        except OSError:
            pass  # the thread has ended meanwhile
    return sorted(found)


def _tmp(folder):
    found = {}
    for path, _, files in os.walk(folder):
        for file in [path] + [os.path.join(path, file) for file in files]:
            try:
                about = os.lstat(file)
            except OSError:
                continue
            if file != folder:
                found[file] = [0 if file == path else about.st_size, about.st_mtime_ns if file != path else 0]
    return found
