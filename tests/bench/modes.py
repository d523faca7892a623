"""What a program is run under: alone, cleanslate dormant and active, and its peers, each an environment and a command in front.

A mode that can't be had here says why; its column stays empty.
"""

import ctypes.util
import dataclasses
import os
import pathlib
import shutil
import subprocess

FAST = 1000  # as many rounds as are asked for
SLOW = 1  # the rounds that tens of times plain are worth

# The caller's environment without what would put something into every mode, plain too.
DECIDES = ("LD_PRELOAD", "LD_AUDIT", "CLEANSLATE", "MALLOC_", "HEAP", "TCMALLOC_", "PYTHONMALLOC", "NODE_OPTIONS", "GLIBC_TUNABLES")
BASE = {name: value for name, value in os.environ.items() if not name.startswith(DECIDES)}


@dataclasses.dataclass
class Mode:
    name: str
    note: str
    environment: dict = dataclasses.field(default_factory=dict)
    front: list = dataclasses.field(default_factory=list)  # a command that starts the program
    rounds: int = FAST
    missing: str = ""  # why it can't be had

    def variables(self, more=()):
        return {**BASE, **dict(more), **self.environment}

    def with_variables(self, **more):
        return dataclasses.replace(self, environment={**self.environment, **more})


def modes(library, scratch):
    watched = scratch / "watched"
    watched.mkdir(exist_ok=True)
    ours = {"LD_PRELOAD": str(library), "CLEANSLATE_REPORT": "off", "CLEANSLATE_TMP": str(watched)}
    return [
        Mode("plain", "the program alone"),
        Mode("dormant", "cleanslate, as in any process that isn't a Lambda runtime: it forwards", {**ours, "CLEANSLATE": "on"}),
        Mode("no stacks", "cleanslate, every block without its stack", {**ours, "CLEANSLATE": "always", "CLEANSLATE_STACKS": "off"}),
        Mode("active", "cleanslate, every block with its whole stack", {**ours, "CLEANSLATE": "always"}),
        heaptrack(),
        *jemalloc(),
        tcmalloc(scratch),
        memcheck(),
    ]


def heaptrack():
    mode = Mode("heaptrack", "its in-process part, every block with its stack, writing to /dev/null")
    script = shutil.which("heaptrack")
    # As the script `heaptrack` starts a program, without the interpreter that reads from the other end of a pipe.
    library = pathlib.Path(script).resolve().parents[1] / "lib/heaptrack/libheaptrack_preload.so" if script else None
    if library is None or not library.exists():
        mode.missing = "not installed: apt-get install heaptrack, or tools/setup bench"
    mode.environment = {"LD_PRELOAD": str(library), "DUMP_HEAPTRACK_OUTPUT": "/dev/null"}
    return mode


def jemalloc():
    """The allocator without its profiler too: what a ratio to plain owes to the profiler is what lies between."""
    library = ctypes.util.find_library("jemalloc")
    missing = "" if library else "not installed: apt-get install libjemalloc2, or tools/setup bench"
    if library and "config.prof: true" not in jemalloc_says(library):
        missing = f"{library} was built without --enable-prof"
    for name, note, configuration, rounds in (
        ("jemalloc", "the allocator alone, in place of libc's", "prof:false", FAST),
        ("je sampled", "jemalloc's profiler, one block in 512 KiB", "prof:true,lg_prof_sample:19", FAST),
        ("je every", "jemalloc's profiler, every block", "prof:true,lg_prof_sample:0", SLOW),
    ):
        yield Mode(name, note, {"LD_PRELOAD": str(library), "MALLOC_CONF": configuration}, rounds=rounds, missing=missing)


def jemalloc_says(library):
    variables = {**BASE, "LD_PRELOAD": library, "MALLOC_CONF": "stats_print:true"}
    return subprocess.run(["true"], env=variables, capture_output=True, text=True).stderr


def tcmalloc(scratch):
    library = ctypes.util.find_library("tcmalloc")
    environment = {
        "LD_PRELOAD": str(library),
        "HEAPPROFILE": str(scratch / "tcmalloc"),
        # Only the profile that the end of the process writes: what is compared is the keeping of the books.
        "HEAP_PROFILE_ALLOCATION_INTERVAL": "0",
        "HEAP_PROFILE_INUSE_INTERVAL": "0",
    }
    missing = "" if library else "not installed: apt-get install libgoogle-perftools4, or tools/setup bench"
    return Mode("gperftools", "its heap profiler, every block", environment, rounds=SLOW, missing=missing)


def memcheck():
    command = ["valgrind", "--tool=memcheck", "--quiet", "--log-file=/dev/null"]
    missing = "" if shutil.which("valgrind") else "not installed: apt-get install valgrind, or tools/setup bench"
    return Mode("memcheck", "valgrind's, every access and every block", front=command, rounds=SLOW, missing=missing)
