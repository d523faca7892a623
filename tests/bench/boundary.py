"""How long the end of a window takes, in microseconds, against what survived in it and what is watched: the program bench_boundary."""

import json
import statistics
import subprocess

import measure
import table
from section import Section

WARM_UP = 2  # windows whose tables are grown, and which aren't counted

# Column: CLEANSLATE_STATE, CLEANSLATE_REPORT. The heap's work is what watching the heap adds to a kind that costs next to nothing.
BASE, WITH_HEAP, HEAP_WORK = "without heap", "with heap", "heap's work"
CONFIGURATIONS = {
    BASE: ("environment", "off"),
    WITH_HEAP: ("environment,heap", "off"),
    "heap, report": ("heap", "all"),
    "all": ("all", "off"),
    "all, report": ("all", "all"),
}
SAID = "says"  # what a report says about itself


class Survivors:
    def __init__(self, program, count, windows, missing):
        self.name = f"{count:,} survivors"
        self.program, self.count, self.windows, self.missing = program, count, windows, missing


class Boundary(Section):
    def __init__(self, build, mode, scratch, quick):
        program = build / "tests/bench/bench_boundary"
        missing = "" if program.exists() else f"{program} isn't built: cmake --build {build} --target bench_programs"
        counts = ((0, 5), (4000, 5)) if quick else ((0, 20), (4000, 20), (1_000_000, 6))
        rows = [Survivors(program, count, windows, missing) for count, windows in counts]
        title = "The end of a window: microseconds on the thread that ends it; report: one is written, and says what it took"
        super().__init__("boundary", title, "window", rows, [], None, rounds=lambda asked: min(asked, 5))
        self.mode, self.report = mode, scratch / "boundary.jsonl"

    def measure(self, rounds):
        for _ in range(self.rounds(rounds)):
            for row in self.rows:
                for name, (state, report) in CONFIGURATIONS.items():
                    if row.missing or (row.name, name) in self.results.failures:
                        continue
                    measure.progress(f"{row.name}, {name}")
                    try:
                        self.run(row, name, state, report)
                    except (measure.Failed, subprocess.SubprocessError) as failure:
                        self.results.failures[row.name, name] = str(failure)
        measure.progress("")
        for row in self.rows:
            base, heap = self.results.least(row.name, BASE), self.results.least(row.name, WITH_HEAP)
            if base is not None and heap is not None:
                self.results.add(row.name, HEAP_WORK, max(heap - base, 0.0))

    def run(self, row, name, state, report):
        self.report.unlink(missing_ok=True)
        mode = self.mode.with_variables(
            CLEANSLATE="on", CLEANSLATE_STATE=state, CLEANSLATE_REPORT=report, CLEANSLATE_OUTPUT=f"file:{self.report}"
        )
        out, _ = measure.run([str(row.program), str(row.count), str(WARM_UP + row.windows)], mode.variables())
        for line in out.splitlines()[WARM_UP:]:
            self.results.add(row.name, name, int(line) / 1000)
        if self.report.exists():
            reports = [json.loads(line)["cleanslate"] for line in self.report.read_text().splitlines()]
            windows = [report for report in reports if report["type"] == "window"]
            for window in windows[WARM_UP:]:
                self.results.add(row.name, f"{name} {SAID}", window["cost"]["boundaryUs"])

    def lines(self):
        missed = {verdict.row for verdict in self.verdicts() if not verdict.holds}
        columns = [BASE, WITH_HEAP, HEAP_WORK, *list(CONFIGURATIONS)[2:]]
        body = []
        for row in self.rows:
            for name, statistic, suffix in (
                ("least", min, ""),
                ("median", statistics.median, ""),
                ("its own cost.boundaryUs, least", min, f" {SAID}"),
            ):
                cells = [f"{row.name}, {name}"]
                for column in columns:
                    values = self.results.values.get((row.name, column + suffix))
                    if not values or (column == HEAP_WORK and name != "least"):
                        cells.append("- ")
                        continue
                    cells.append(table.number(statistic(values)) + ("!" if column == HEAP_WORK and row.name in missed else " "))
                body.append(cells)
        yield from table.lines([self.corner, *(f"{column} " for column in columns)], body)
        yield from self.reasons()
