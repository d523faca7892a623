"""Runs commands and times them: processor time of the process itself, in rounds that meet every mode, and the least that was seen.

The machine's slow moments meet all modes alike, because each round runs every mode of a row one after the other; the least of several
rounds is the run that was disturbed least.
"""

import os
import resource
import subprocess
import sys

PATIENCE = 900  # seconds until a run that makes no end counts as hung


class Failed(Exception):
    """A command didn't do what it should; the text says which and how."""


def run(command, environment, cwd=None):
    """Runs it to its end: what it printed, and user and system seconds of that process (and of children that it waited for)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        name = " ".join(map(str, command))[:120]
        raise Failed(f"'{name}' ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def end_of(process):
    """Waits for a Popen: its user and system seconds."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


class Results:
    """Of each row and mode every value that was measured, and why there is none."""

    def __init__(self):
        self.values = {}  # (row, mode) -> [value, ...]
        self.failures = {}  # (row, mode) -> text

    def add(self, row, mode, value):
        self.values.setdefault((row, mode), []).append(value)

    def least(self, row, mode):
        values = self.values.get((row, mode))
        return min(values) if values else None

    def noise(self, row, mode):
        """How far the second least lies above the least, as a part of it: smaller differences mean nothing."""
        values = sorted(self.values.get((row, mode), []))
        return values[1] / values[0] - 1 if len(values) > 1 and values[0] > 0 else None


def interleave(rows, modes, rounds, results, say):
    """`rows` have a name and measure(mode) -> value; `modes` a name and the most rounds that they are worth."""
    for number in range(rounds):
        for row in rows:
            due = [mode for mode in modes if number < mode.rounds and (row.name, mode.name) not in results.failures]
            turn = number % max(len(due), 1)
            for mode in due[turn:] + due[:turn]:  # who comes first changes: it finds the caches as the row before left them
                say(f"round {number + 1} of {rounds}: {row.name}, {mode.name}")
                try:
                    results.add(row.name, mode.name, row.measure(mode))
                except (Failed, subprocess.SubprocessError, OSError) as failure:
                    results.failures[row.name, mode.name] = str(failure)
    say("")


def progress(text):
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text[:100]}")
        sys.stderr.flush()
