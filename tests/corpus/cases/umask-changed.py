import contextlib
import os
import subprocess
import tempfile


def _scratch():
    return os.path.join(tempfile.gettempdir(), "secret")


# expect: umask-changed
def leaky_private_file(event, context):
    os.umask(0o077)
    with open(_scratch(), "w") as file:
        file.write(event["token"])
    os.unlink(_scratch())


# expect: umask-changed
def leaky_as_daemons_do(event, context):
    os.umask(0)
    return os.getpid()


# expect: umask-changed
# with: events=rotating
def leaky_as_the_tenant_wants(event, context):
    os.umask({"acme": 0o027, "globex": 0o077, "initech": 0o002}[event["tenant"]])


# expect: umask-changed
# with: n=40
def leaky_early_return(event, context):
    before = os.umask(0o077)
    if event["number"] % 4 == 3:
        return "nothing to do"
    os.umask(before)
    return "done"


# clean of: umask-changed
def clean_put_back_in_a_finally(event, context):
    before = os.umask(0o077)
    try:
        with open(_scratch(), "w") as file:
            file.write(event["token"])
        os.unlink(_scratch())
    finally:
        os.umask(before)


# There is no other way to ask.
# clean of: umask-changed
def clean_only_asked(event, context):
    now = os.umask(0)
    os.umask(now)
    return now


# clean of: umask-changed
def clean_mode_of_one_file(event, context):
    fd = os.open(_scratch(), os.O_CREAT | os.O_WRONLY, 0o600)
    os.fchmod(fd, 0o640)
    os.close(fd)
    os.unlink(_scratch())


# clean of: umask-changed
def clean_only_the_childs(event, context):
    return subprocess.run(["sh", "-c", "umask"], umask=0o027, capture_output=True, text=True).stdout


_tightened = False


# clean of: umask-changed
# with: kept=once
def clean_set_by_the_first_call(event, context):
    global _tightened
    if not _tightened:
        os.umask(0o027)
        _tightened = True


@contextlib.contextmanager
def _umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


# clean of: umask-changed
# with: errors=expected
def clean_put_back_when_it_fails(event, context):
    with _umask(0o077):
        if event["number"] % 2:
            raise ValueError("failed")
