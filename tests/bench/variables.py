"""What naming a program's variables costs at each boundary, beside tracemalloc, which names lines: functions under the official runtime
clients, invoked warm by `cleanslate run`, and what their reports say of the probe alone (CLEANSLATE_STATE=variables)."""

import dataclasses
import json
import pathlib
import shutil
import statistics
import subprocess

import measure
import table
from section import Section

# The handler's own time, and at the end of each invocation what tracemalloc's user would ask: which lines have grown?
PYTHON = """
import os, time, tracemalloc
{imports}
cache, calls, last = {{}}, 0, ""
before = None
if "BENCH_TRACEMALLOC" in os.environ:
    tracemalloc.start()
times = open(os.environ["BENCH_TIMES"], "a")

def work(number):
    rows = [{{"row": row, "text": f"row {{row}} of {{number}}"}} for row in range(20_000)]
    return sum(len(row["text"]) for row in rows)

def handler(event, context):
    global calls, last, before
    began = time.perf_counter()
    calls += 1
    last = event["key"]
    total = work(calls)
    if calls == {change}:
        for module in modules:
            module.changed.append(calls)
    worked = time.perf_counter()
    if tracemalloc.is_tracing():
        now = tracemalloc.take_snapshot()
        if before is not None:
            now.compare_to(before, "lineno")[:10]
        before = now
    times.write(f"{{worked - began}} {{time.perf_counter() - worked}}\\n")
    times.flush()
    return total
"""
NODE = """
const fs = require('fs');
{imports}
const cache = new Map();
let calls = 0;
let last = '';

function work(number) {{
  const rows = Array.from({{ length: 20000 }}, (_, row) => ({{ row, text: `row ${{row}} of ${{number}}` }}));
  return rows.reduce((sum, row) => sum + row.text.length, 0);
}}

exports.handler = async (event) => {{
  const began = process.hrtime.bigint();
  calls += 1;
  last = event.key;
  const total = work(calls);
  if (calls === {change}) for (const module of modules) module.change(calls);
  fs.appendFileSync(process.env.BENCH_TIMES, `${{Number(process.hrtime.bigint() - began) / 1e9}} 0\\n`);
  return total;
}};
"""
PYTHON_MODULE = """
changed = []
table = {{f"key {{at}}": [at, str(at)] for at in range({entries})}}
class Service:
    def __init__(self):
        self.names, self.seen = {{}}, []
service = Service()
"""
NODE_MODULE = """
const changed = [];
const table = new Map(Array.from({{ length: {entries} }}, (_, at) => [`key ${{at}}`, [at, String(at)]]));
class Service {{
  constructor() {{
    this.names = {{}};
    this.seen = [];
  }}
}}
const service = new Service();
exports.change = (calls) => changed.push(calls);
exports.table = () => table.size + service.seen.length;
"""
FIRST, MEDIAN, MOST, TOLD = "first", "median", "most", "until told"
WORK, PROBED, TRACED, SNAPSHOT = "handler", "handler, probed", "handler, tracemalloc", "its snapshot"


@dataclasses.dataclass
class Function:
    name: str
    folder: pathlib.Path
    windows: int
    change: int  # the window in which each module has a variable grown
    modules: int
    objects: int
    missing: str = ""

    @property
    def is_python(self):
        return self.name.startswith("Python")

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        entries = self.objects // max(self.modules, 1) // 3  # a key, a list and a text each
        suffix, text = (".py", PYTHON_MODULE) if self.is_python else (".js", NODE_MODULE)
        names = [f"part{number:02}" for number in range(self.modules)]
        for name in names:
            (self.folder / f"{name}{suffix}").write_text(text.format(entries=entries))
        if self.is_python:
            imports = "".join(f"import {name}\n" for name in names) + f"modules = [{', '.join(names)}]"
        else:
            imports = f"const modules = [{', '.join(f'require({chr(39)}./{name}{chr(39)})' for name in names)}];"
        whole = PYTHON if self.is_python else NODE
        (self.folder / f"app{suffix}").write_text(whole.format(imports=imports, change=self.change))


def functions(build, scratch, quick):
    windows = 12 if quick else 200
    for language in ("Python", "Node"):
        client = build / "runtimes" / language.lower()
        missing = "" if client.exists() else f"{client} isn't there: tools/setup test"
        sizes = [("small app", 0, 0)] if quick else [("small app", 0, 0), ("50 modules, 250,000 objects", 50, 250_000)]
        for size, modules, objects in sizes:
            name = f"{language}, {size}"
            yield Function(name, scratch / name.replace(" ", "-"), windows, windows // 2, modules, objects, missing)


class Variables(Section):
    def __init__(self, build, library, scratch, quick):
        title = "Naming variables: milliseconds of a boundary, windows until a change is told, and the handler's own milliseconds"
        rows = list(functions(build, scratch / "variables", quick))
        super().__init__("variables", title, "function", rows, [], None, rounds=lambda asked: min(asked, 3))
        self.scratch = scratch / "variables"
        self.command = self.scratch / "bin/cleanslate"
        files = {build / "bin/cleanslate": self.command, library: self.scratch / "lib/libcleanslate.so"}
        files |= {script: self.scratch / "lib" / script.name for script in (build / "lib").glob("*.cjs")}
        for source, place in files.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)
        (self.scratch / "runtimes").symlink_to(build / "runtimes")

    def measure(self, rounds):
        for number in range(self.rounds(rounds)):
            for row in self.rows:
                if row.missing or (row.name, MEDIAN) in self.results.failures:
                    continue
                measure.progress(f"round {number + 1}: {row.name}")
                row.write()
                try:
                    self.measure_one(row)
                except (measure.Failed, subprocess.SubprocessError, OSError) as failure:
                    self.results.failures[row.name, MEDIAN] = str(failure)
        measure.progress("")

    def measure_one(self, row):
        add = lambda column, value: self.results.add(row.name, column, value)
        add(WORK, statistics.median(self.invoke(row, "--no-preload")[0]))
        reports = self.scratch / "reports.jsonl"
        work, _ = self.invoke(row, "--reports", reports, CLEANSLATE_STATE="variables", CLEANSLATE_REPORT="all", CLEANSLATE_MAX_LINE="1048576")
        add(PROBED, statistics.median(work))
        lines = [json.loads(line)["cleanslate"] for line in reports.read_text().splitlines()]
        windows = [line for line in lines if line["type"] == "window"]
        if len(windows) != row.windows:
            raise measure.Failed(f"{len(windows)} windows were reported, not {row.windows}")
        costs = [line["cost"]["boundaryUs"] / 1000 for line in lines]
        add(FIRST, costs[0])
        add(MEDIAN, statistics.median(costs[1:]))
        add(MOST, max(costs[1:]))
        if row.modules:
            add(TOLD, self.until_told(row, windows))
        if row.is_python:
            work, snapshots = self.invoke(row, "--no-preload", BENCH_TRACEMALLOC="1")
            add(TRACED, statistics.median(work))
            add(SNAPSHOT, statistics.median(snapshots[1:]))

    def until_told(self, row, windows):
        """Windows from the change until it has been told of each module."""
        told = {}
        for line in windows:
            for variable in line.get("survived", {}).get("variables", []):
                if "changed" in variable["name"] and line["window"]["first"] >= row.change:
                    told.setdefault(variable["name"], line["window"]["first"] - row.change + 1)
        if len(told) < row.modules:
            raise measure.Failed(f"{row.modules - len(told)} of {row.modules} changes were never told")
        return max(told.values())

    def invoke(self, row, *options, **variables):
        """Milliseconds of the handler in each invocation, and of what it does behind its work."""
        times = self.scratch / "times"
        times.unlink(missing_ok=True)
        variables["BENCH_TIMES"] = str(times)
        given = [word for key, value in variables.items() for word in ("--env", f"{key}={value}")]
        command = [self.command, "run", "-n", row.windows, "--root", row.folder, "-e", '{"key": "value-1"}', "--timeout", 60, "--memory", 512]
        measure.run([str(word) for word in [*command, *given, *options, "--handler", "app.handler"]], None)
        pairs = [tuple(map(float, line.split())) for line in times.read_text().splitlines()]
        return [work * 1000 for work, _ in pairs], [more * 1000 for _, more in pairs]

    def lines(self):
        missed = {(verdict.row, verdict.target.mode) for verdict in self.verdicts() if not verdict.holds}
        columns = [FIRST, MEDIAN, MOST, TOLD, WORK, PROBED, TRACED, SNAPSHOT]
        body = []
        for row in self.rows:
            cells = [row.name]
            for column in columns:
                value = self.results.least(row.name, column)
                cells.append((table.number(value) if value is not None else "-") + ("!" if (row.name, column) in missed else " "))
            body.append(cells)
        yield from table.lines([self.corner, *(f"{column} " for column in columns)], body)
        yield from self.reasons()
