"""What a boundary costs a process that has as much of each kind of state as a busy function, and how the walk of very many files gets
on from window to window: the program bench_process, and what its reports say."""

import dataclasses
import itertools
import json
import shutil
import statistics
import subprocess

import measure
import table
from section import Section

WARM_UP = 2  # windows whose tables are grown, and which aren't counted
ALL = "all"
KINDS = ("heap", "mappings", "descriptors", "tmp", "threads", "processes", "environment", "process", "static", "variables")


@dataclasses.dataclass
class Process:
    name: str
    program: object
    files: int
    folders: int
    windows: int
    missing: str = ""

    @property
    def change(self):
        """The window that leaves a file in each folder: late, when the walk has long been under way; 0: none does."""
        return 0


class ManyFiles(Process):
    @property
    def change(self):
        return self.windows // 2


def process(build, kind, files, folders, windows):
    program = build / "tests/bench/bench_process"
    missing = "" if program.exists() else f"{program} isn't built: cmake --build {build} --target bench_programs"
    return kind(f"{files:,} files in {folders} folders", program, files, folders, windows, missing)


class Runs(Section):
    """A section whose rows are processes, each of which is run anew, in a folder of its own, for a row and column."""

    def __init__(self, name, title, corner, rows, mode, scratch):
        super().__init__(name, title, corner, rows, [], None, rounds=lambda asked: min(asked, 3))
        self.mode, self.scratch = mode, scratch

    def windows_of(self, row, state):
        """The reports of the windows."""
        folder, report = self.scratch / "files", self.scratch / f"{self.name}.jsonl"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        report.unlink(missing_ok=True)
        mode = self.mode.with_variables(
            CLEANSLATE="on",
            CLEANSLATE_STATE=state,
            CLEANSLATE_REPORT="all",
            CLEANSLATE_OUTPUT=f"file:{report}",
            CLEANSLATE_MAX_LINE="262144",
            CLEANSLATE_TMP=str(folder),
        )
        command = [row.program, folder, row.files, row.folders, row.windows, row.change]
        try:
            measure.run([str(word) for word in command], mode.variables())
            reports = [json.loads(line) for line in report.read_text().split("\n") if line]
        except OSError as error:
            raise measure.Failed(str(error)) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        windows = [report["cleanslate"] | {"files": report["SurvivedFiles"]} for report in reports]
        windows = [window for window in windows if window["type"] == "window"]
        if len(windows) != row.windows:
            raise measure.Failed(f"{len(windows)} windows were reported, not {row.windows}")
        return windows

    def measure(self, rounds):
        for number in range(self.rounds(rounds)):
            for row in self.rows:
                for state in self.states():
                    if row.missing or (row.name, state) in self.results.failures:
                        continue
                    measure.progress(f"round {number + 1}: {row.name}, {state}")
                    try:
                        self.note(row, state, self.windows_of(row, state))
                    except (measure.Failed, subprocess.SubprocessError) as failure:
                        self.results.failures[row.name, state] = str(failure)
        measure.progress("")


class State(Runs):
    """Each kind alone, and all of them."""

    STATISTICS = {"median": statistics.median, "95 of 100 windows": lambda values: sorted(values)[len(values) * 95 // 100]}

    def __init__(self, build, mode, scratch, quick):
        rows = [process(build, Process, 1000, 10, 10 if quick else WARM_UP + 50)]
        title = (
            "The end of a window of a process with 100 descriptors, 200 variables, 20 threads, 2 MB of static data: "
            "cost.boundaryUs, in milliseconds"
        )
        super().__init__("state", title, "process", rows, mode, scratch)

    def states(self):
        return [*KINDS, ALL]

    def note(self, row, state, windows):
        costs = [window["cost"]["boundaryUs"] / 1000 for window in windows[WARM_UP:]]
        for name, statistic in self.STATISTICS.items():
            self.results.add(row.name, state if name == "median" else f"{state}, {name}", statistic(costs))

    def lines(self):
        missed = {(verdict.row, verdict.target.mode) for verdict in self.verdicts() if not verdict.holds}
        body = []
        for row in self.rows:
            for name in self.STATISTICS:
                columns = [state if name == "median" else f"{state}, {name}" for state in self.states()]
                cells = [
                    table.number(self.results.least(row.name, column)) + ("!" if (row.name, column) in missed else " ")
                    for column in columns
                ]
                body.append([f"{row.name}, {name}", *cells])
        yield from table.lines([self.corner, *(f"{state} " for state in self.states())], body)
        yield from self.reasons()


class Files(Runs):
    """More files than one boundary's budget reaches: what is left for later, and that its turn comes."""

    COLUMNS = {
        "median ms": "the window's cost",
        "most ms": "the longest of all windows",
        "cut": "windows that say that they left something out",
        "a round": "windows until as many folders have been looked at as there are",
        "found": "of the files left one in each folder, how many were counted in a report",
        "until found": "windows until the last of them was",
    }

    def __init__(self, build, mode, scratch, quick):
        sizes = [(3000, 300)] if quick else [(1000, 300), (20_000, 300), (100_000, 300)]
        rows = [process(build, ManyFiles, files, folders, 12 if quick else 80) for files, folders in sizes]
        title = "Very many files, and a new one in each folder in the middle: windows, and milliseconds by cost.boundaryUs"
        super().__init__("files", title, "files", rows, mode, scratch)

    def states(self):
        return ["tmp"]

    def note(self, row, state, windows):
        costs = [window["cost"]["boundaryUs"] / 1000 for window in windows]
        left = [window.get("leftOut", {}).get("live.folders", 0) for window in windows]
        never = row.windows + 1
        folders = row.folders + 1  # with the watched one
        looked_at = list(itertools.accumulate(max(folders - count, 0) for count in left))
        a_round = next((number for number, count in enumerate(looked_at, 1) if count >= folders), never)
        found = list(itertools.accumulate(window["files"] for window in windows[row.change - 1 :]))
        all_found = next((number for number, count in enumerate(found, 1) if count >= row.folders), never)
        figures = {
            "median ms": statistics.median(costs),
            "most ms": max(costs),
            "cut": sum(count > 0 for count in left),
            "a round": a_round,
            "found": found[-1],
            "until found": all_found,
        }
        for name, value in figures.items():
            self.results.add(row.name, name, value)
        # For --json: each window.
        self.results.values[row.name, "boundary ms of each window"] = costs
        self.results.values[row.name, "left out of each window"] = left

    def lines(self):
        missed = {(verdict.row, verdict.target.mode) for verdict in self.verdicts() if not verdict.holds}
        body = []
        for row in self.rows:
            cells = []
            for name in self.COLUMNS:
                values = self.results.values.get((row.name, name))
                text = "-" if not values else self.figure(row, name, min(values))
                cells.append(text + ("!" if (row.name, name) in missed else " "))
            body.append([row.name, *cells])
        yield from table.lines([self.corner, *(f"{name} " for name in self.COLUMNS)], body)
        yield from self.reasons()

    @staticmethod
    def figure(row, name, value):
        if name.endswith("ms"):
            return table.number(value)
        return f"over {row.windows}" if value > row.windows and name in ("a round", "until found") else f"{value}"
