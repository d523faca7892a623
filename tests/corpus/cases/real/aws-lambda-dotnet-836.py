"""aws/aws-lambda-dotnet#836: a watcher of the configuration file for each invocation, until there are no more inotify
instances."""

import ctypes
import os
import tempfile

_libc = ctypes.CDLL(None, use_errno=True)


def _watch():
    fd = _libc.inotify_init1(os.O_CLOEXEC)
    _libc.inotify_add_watch(fd, tempfile.gettempdir().encode(), 2)
    return fd


# expect: descriptor-leak *inotify*
# also: limit-approaching
def leaky_watcher_for_each_invocation(event, context):
    return _watch() > 0


_watcher = None


# clean of: descriptor-leak
def clean_watcher_of_the_first_invocation(event, context):
    global _watcher
    if _watcher is None:
        _watcher = _watch()
    return _watcher > 0
