"""That the bench works: every row has numbers in every mode that is there, and a peer that isn't says how to get it. Not how fast anything is."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["CLEANSLATE_BUILD"])

OURS = {"plain", "dormant", "active"}
PEERS = {"heaptrack", "jemalloc", "je sampled", "je every", "gperftools", "memcheck"}
PROGRAMS = {"sqlite3", "redis", "node", "python3", "python3, PYTHONMALLOC=malloc", "c++ compile"}
PAIRS = {
    "pair",
    "pair, stack of 25",
    "pair, stack of 25, frame pointers",
    "pair, stack of 200",
    "pair, stack of 200, frame pointers",
    "pair, 8 callers in turn, stack of 25",
    "pair, 8 stacks of 25 gone down anew",
    "replace one of many live blocks",
    "pair, freed by another thread",
}


def bench(*options):
    """What it printed, and what it measured."""
    with tempfile.TemporaryDirectory() as folder:
        values = pathlib.Path(folder) / "values.json"
        done = subprocess.run(
            [sys.executable, "-B", HERE / "run", "--quick", "--build", BUILD, "--json", values, *options],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, json.loads(values.read_text())


class Bench(unittest.TestCase):
    def assert_measured(self, section, rows, modes):
        self.assertEqual(set(section), rows)
        for row in rows:
            for mode in modes:
                self.assertTrue(section[row].get(mode), f"{row}, {mode}")
                self.assertGreater(min(section[row][mode]), 0, f"{row}, {mode}")

    def test_every_row_has_numbers(self):
        out, values = bench("--modes", "dormant|active")
        self.assertEqual(set(values), {"programs", "micro", "start-up", "memory", "boundary", "state", "files", "variables"}, out)
        self.assert_measured(values["programs"], PROGRAMS, OURS)
        self.assert_measured(values["micro"], PAIRS, OURS)
        self.assert_measured(values["start-up"], {"processor time", "wall clock"}, OURS)
        self.assert_measured(values["memory"], {"10,000 live blocks"}, OURS)
        states = {"without heap", "with heap", "heap, report", "heap, report says", "all", "all, report", "all, report says"}
        self.assert_measured(values["boundary"], {"0 survivors", "4,000 survivors"}, states)
        kinds = {"heap", "mappings", "descriptors", "tmp", "threads", "processes", "environment", "process", "static", "variables", "all"}
        self.assert_measured(values["state"], {"1,000 files in 10 folders"}, kinds)
        files = {"median ms", "most ms", "a round", "until found", "boundary ms of each window"}
        self.assert_measured(values["files"], {"3,000 files in 300 folders"}, files)
        self.assertEqual(values["files"]["3,000 files in 300 folders"]["found"], [300], out)
        timed = {"first", "median", "most", "handler", "handler, probed"}
        self.assert_measured(values["variables"], {"Python, small app", "Node, small app"}, timed)
        traced = {"handler, tracemalloc", "its snapshot"}
        self.assert_measured({"Python": values["variables"]["Python, small app"]}, {"Python"}, traced)
        self.assertRegex(out, r"Targets: \d+ of 24 hold")

    def test_a_peer_has_numbers_or_says_how_to_get_it(self):
        out, values = bench("--only", "programs/sqlite3|micro/pair$")
        there = {mode for mode in PEERS if not re.search(f"^  {mode}: ", out, re.MULTILINE)}
        for mode in PEERS - there:
            self.assertRegex(out, rf"\n  {mode}: not installed: apt-get install \w+")
        self.assert_measured(values["programs"], {"sqlite3"}, OURS | there)
        self.assert_measured(values["micro"], {"pair"}, OURS | there)

    def test_only_what_was_asked_for_is_measured(self):
        out, values = bench("--only", "micro/pair$", "--modes", "active", "--rounds", "2")
        self.assertEqual(list(values), ["micro"])
        self.assertEqual({mode: len(found) for mode, found in values["micro"]["pair"].items()}, {"plain": 2, "active": 2})
        self.assertNotIn("heaptrack", out)


if __name__ == "__main__":
    unittest.main()
