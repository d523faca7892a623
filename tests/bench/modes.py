"""What a program is run under: alone, cleanslate dormant and active, and peers, each as an environment and a command in front.

A mode that can't be had here says why; its column stays empty.
"""

import dataclasses
import os
import pathlib
import shutil

FAST = 1000  # as many rounds as are asked for
SLOW = 1


@dataclasses.dataclass
class Mode:
    name: str
    environment: dict = dataclasses.field(default_factory=dict)
    front: list = dataclasses.field(default_factory=list)  # a command that starts the program
    rounds: int = FAST
    missing: str = ""  # why it can't be had
    note: str = ""

    def variables(self, more=()):
        return {**os.environ, **dict(more), **self.environment}


def modes(library, scratch):
    watched = scratch / "watched"
    watched.mkdir(exist_ok=True)
    ours = {"LD_PRELOAD": str(library), "CLEANSLATE_REPORT": "off", "CLEANSLATE_TMP": str(watched)}
    return [
        Mode("plain"),
        Mode("dormant", {**ours, "CLEANSLATE": "on"}, note="cleanslate preloaded, as in any process that isn't a Lambda runtime"),
        Mode("active", {**ours, "CLEANSLATE": "always"}, note="cleanslate, every block with its whole stack"),
        heaptrack(),
    ]


def heaptrack():
    mode = Mode("heaptrack", note="its in-process part: the preloaded library, writing to /dev/null")
    script = shutil.which("heaptrack")
    # As the script `heaptrack` starts a program, without the interpreter that reads from the other end of a pipe.
    library = pathlib.Path(script).resolve().parents[1] / "lib/heaptrack/libheaptrack_preload.so" if script else None
    if library is None or not library.exists():
        mode.missing = "not installed: apt-get install heaptrack, or tools/setup bench"
    mode.environment = {"LD_PRELOAD": str(library), "DUMP_HEAPTRACK_OUTPUT": "/dev/null"}
    return mode
