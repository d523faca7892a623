import contextlib
import os
import subprocess
import tempfile


# expect: working-directory-changed
def leaky_into_tmp_because_it_is_writable(event, context):
    os.chdir(tempfile.gettempdir())
    return os.getcwd()


# expect: working-directory-changed
# also: tmp-growth
def leaky_into_a_new_folder(event, context):
    os.chdir(tempfile.mkdtemp(prefix="build-"))
    return os.getcwd()


# expect: working-directory-changed
# with: events=rotating
def leaky_into_the_tenants_folder(event, context):
    folder = os.path.join(tempfile.gettempdir(), event["tenant"])
    os.makedirs(folder, exist_ok=True)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fchdir(fd)
    os.close(fd)
    return os.getcwd()


_root = os.getcwd()


# expect: working-directory-changed
# with: n=40 errors=expected
def leaky_error_on_the_way_back(event, context):
    os.chdir(tempfile.gettempdir())
    if event["number"] % 4 == 3:
        raise RuntimeError("the build failed")
    os.chdir(_root)
    return "done"


# clean of: working-directory-changed
def clean_with_chdir(event, context):
    with contextlib.chdir(tempfile.gettempdir()):
        return os.getcwd()


# clean of: working-directory-changed
# with: errors=expected
def clean_back_in_a_finally(event, context):
    before = os.getcwd()
    os.chdir(tempfile.gettempdir())
    try:
        if event["number"] % 3 == 0:
            raise RuntimeError("the build failed")
        return "done"
    finally:
        os.chdir(before)


# clean of: working-directory-changed
def clean_only_the_childs(event, context):
    return subprocess.run(["pwd"], cwd=tempfile.gettempdir(), capture_output=True, text=True).stdout


_moved = False


# clean of: working-directory-changed
# with: kept=once
def clean_moved_by_the_first_call(event, context):
    global _moved
    if not _moved:
        os.chdir(tempfile.gettempdir())
        _moved = True
    return os.getcwd()


# clean of: working-directory-changed
def clean_back_by_descriptor(event, context):
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.chdir("/")
        return os.listdir(".")[:1]
    finally:
        os.fchdir(here)
        os.close(here)
