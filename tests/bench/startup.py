"""What the start and the end of a process cost: many runs of /bin/true, in milliseconds."""

import os
import shutil
import statistics
import time

import measure
import table
from section import Section

RUNS_A_ROUND = 40
RUNS_OF_A_SLOW_MODE = 5


class Clock:
    missing = ""

    def __init__(self, name):
        self.name = name


class StartUp(Section):
    """The program does nothing, so what is shown is what any process pays once, its exit included."""

    CLOCKS = [Clock("processor time"), Clock("wall clock")]

    def __init__(self, modes):
        title = "Starting and ending /bin/true: milliseconds, plain, and what the others add; least and median"
        super().__init__("start-up", title, "clock", self.CLOCKS, modes, None)

    def measure(self, rounds):
        program = shutil.which("true")
        quiet = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0) for descriptor in (0, 1, 2)]
        modes = [mode for mode in self.modes if not mode.missing]
        for number in range(rounds * RUNS_A_ROUND):
            for mode in modes:
                if number >= mode.rounds * RUNS_OF_A_SLOW_MODE:
                    continue
                measure.progress(f"run {number + 1} of {rounds * RUNS_A_ROUND}: /bin/true, {mode.name}")
                command = mode.front + [program]
                start = time.perf_counter()
                process = os.posix_spawnp(command[0], command, mode.variables(), file_actions=quiet)
                _, status, usage = os.wait4(process, 0)
                took = time.perf_counter() - start
                if status != 0:
                    self.results.failures["/bin/true", mode.name] = f"ended with {os.waitstatus_to_exitcode(status)}"
                for clock, seconds in zip(self.CLOCKS, (usage.ru_utime + usage.ru_stime, took)):
                    self.results.add(clock.name, mode.name, seconds * 1000)
        measure.progress("")

    def lines(self):
        missed = {(verdict.row, verdict.target.mode) for verdict in self.verdicts() if not verdict.holds}
        body = []
        for clock in self.rows:
            for name, statistic in (("least", min), ("median", statistics.median)):
                found = {mode.name: self.results.values.get((clock.name, mode.name)) for mode in self.modes}
                plain = statistic(found["plain"]) if found.get("plain") else None
                cells = [f"{clock.name}, {name}"]
                for mode in self.modes:
                    values = found[mode.name]
                    if not values or plain is None:
                        cells.append("- ")
                        continue
                    text = table.number(plain) if mode.name == "plain" else f"{statistic(values) - plain:+.2f}"
                    cells.append(text + ("!" if (clock.name, mode.name) in missed and name == "least" else " "))
                body.append(cells)
        yield from table.lines([self.corner, *(f"{mode.name} " for mode in self.modes)], body)
        yield from self.reasons()
