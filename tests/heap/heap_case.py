"""What the tests of the heap share: they run a victim of tests/victims/heap under the library and hold its reports
against what the victim itself knows."""

import collections
import itertools
import json
import pathlib
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import LIBRARY, VICTIMS, Case, clean_environment, main, survived_heap  # noqa: E402,F401  main is for the tests

PATIENCE = 300  # seconds until a victim that makes no end counts as hung
CUT = "[cut]"
ELSEWHERE = "..."  # one or more frames that aren't the victim's
ALLOCATORS = ("", "_jemalloc", "_tcmalloc")  # what the victims are linked with


class Watched:
    """The reports of one run beside the truth."""

    def __init__(self, reports, truth):
        self.reports = reports
        self.truth = truth
        self.windows = [report for report in reports if report["cleanslate"]["type"] == "window"]


def is_victim_code(frame):
    """Frames without a module stand on code that the victim wrote itself at run time."""
    return frame.get("module", "heap").startswith(("heap", "libheap"))


def name_of(frame):
    """Frames of the C library, the loader and others have one name for all: which they are is their affair."""
    if frame.get("module") == CUT:
        return CUT
    if not is_victim_code(frame):
        return ELSEWHERE
    return frame.get("function", "?")


def frames_of(site):
    """Without operator new, which is a way to call the allocator."""
    return list(
        itertools.dropwhile(lambda frame: frame.get("function", "").startswith("operator new"), site.get("where", []))
    )


def functions(site):
    return [name_of(frame) for frame in frames_of(site)]


def is_the_victims(site):
    """Whether the victim's own code called the allocator, not a library on its behalf."""
    frames = frames_of(site)
    return bool(frames) and is_victim_code(frames[0])


def chain(site):
    """The stack as the victim writes it down, innermost first, up to `main` or the thread's first function."""
    frames = frames_of(site)
    while frames and name_of(frames[-1]) in (ELSEWHERE, "_start"):
        frames.pop()
    names = map(name_of, frames)
    return " ".join(
        word for name, same in itertools.groupby(names) for word in ([name] if name == ELSEWHERE else same)
    )


def by_chain(sites, key=chain):
    """{chain: [blocks, bytes]}"""
    sums = collections.defaultdict(lambda: [0, 0])
    for site in sites:
        sums[key(site)][0] += site["blocks"]
        sums[key(site)][1] += site["bytes"]
    return dict(sums)


def sites_of(window, kind="heap"):
    survived = window["cleanslate"].get("survived", {})
    return survived.get("mappings", []) if kind == "mappings" else survived.get("heap", {}).get("sites", [])


class HeapCase(Case):
    maxDiff = 20000

    def watch(self, victim, *arguments, program="heap_victims", env=None, expect=0):
        """Runs a victim; the reports of its windows, and its truth about them."""
        reports = self.scratch / "reports.jsonl"
        truth = self.scratch / "truth.jsonl"
        for path in (reports, truth):
            path.unlink(missing_ok=True)
        environment = clean_environment(
            VICTIM_TRUTH=truth,
            **(
                self.library_environment(reports)
                | {"CLEANSLATE_MAX_LINE": 1 << 20, "CLEANSLATE_STATE": "heap"}
                | (env or {})
            ),
        )
        done = subprocess.run(
            [str(VICTIMS / program), victim, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
        )
        self.assertEqual(done.returncode, expect, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        self.assertEqual(done.stderr, "")
        return Watched(
            self.read_reports(reports), [json.loads(line) for line in truth.read_text().splitlines()]
        )

    def check(self, victim, *arguments, live=True, **options):
        """Every window's books and stacks are the victim's own. `live`: what is alive of others is known to stay."""
        watched = self.watch(victim, *arguments, **options)
        self.assertGreater(len(watched.truth), 0)
        self.assert_window_by_window(watched.windows, watched.truth)
        if live:
            self.assert_live(watched.windows, watched.truth)
        return watched

    def assert_window_by_window(self, windows, truths):
        self.assertEqual(
            [(window["cleanslate"]["pid"], window["cleanslate"]["window"]["requestIds"]) for window in windows],
            [(truth["pid"], [truth["window"]]) for truth in truths],
        )
        for window, truth in zip(windows, truths):
            self.assert_books(window, truth)
            self.assertEqual(by_chain(filter(is_the_victims, sites_of(window))), truth["heap"], truth["window"])
            self.assertEqual(by_chain(sites_of(window, "mappings")), truth["mappings"], truth["window"])

    def assert_books(self, window, truth):
        """Blocks and bytes: the total, less what libraries keep for themselves, is the victim's."""
        self.assertEqual(window["cleanslate"].get("leftOut", {}), {})
        total = survived_heap(window)
        for site in sites_of(window):
            self.assertGreater(site["blocks"], 0)
            if not is_the_victims(site):
                total = {key: total[key] - site[key] for key in total}
        blocks, size = (sum(sums[i] for sums in truth["heap"].values()) for i in (0, 1))
        self.assertEqual(total, {"blocks": blocks, "bytes": size}, truth["window"])

    def assert_live(self, windows, truths):
        """What lives besides the victim's own doesn't change from the first window's end on: by then libraries have set
        themselves up."""
        rest = set()
        for window, truth in zip(windows, truths):
            live = window["cleanslate"]["live"]
            blocks, size = truth["live"]
            rest.add((live.get("heapBlocks", 0) - blocks, live.get("heapBytes", 0) - size))
        self.assertEqual(len(rest), 1, rest)
        self.assertGreaterEqual(min(rest), (0, 0))
