"""What watching may cost, as data, and whether it holds.

A target names a section, its rows and a mode. Its limit is an upper one, but where it asks how many times cheaper.
"""

import dataclasses
import fnmatch


@dataclasses.dataclass(frozen=True)
class Target:
    section: str
    row: str  # a glob
    mode: str
    what: str  # ratio: to plain; added: over plain; value: as measured; cheaper: added by heaptrack over added by this
    limit: float
    unit: str = ""

    @property
    def at_least(self):
        return self.what == "cheaper"

    def describe(self):
        sign = ">=" if self.at_least else "<="
        meaning = {
            "ratio": "times plain",
            "added": "over plain",
            "value": "",
            "cheaper": "times cheaper than heaptrack",
        }[self.what]
        return " ".join(filter(None, [sign, f"{self.limit:g}", self.unit, meaning]))


TARGETS = [
    Target("programs", "sqlite3", "active", "ratio", 1.12),
    Target("programs", "redis", "active", "ratio", 1.05),
    Target("programs", "node", "active", "ratio", 1.02),
    Target("programs", "python3", "active", "ratio", 1.03),
    Target("programs", "python3, PYTHONMALLOC=malloc", "active", "ratio", 1.30),
    Target("programs", "c++ compile", "active", "ratio", 1.15),
    Target("programs", "*", "dormant", "ratio", 1.01),
    Target("programs", "*", "active", "cheaper", 2),
    Target("micro", "pair", "no stacks", "added", 3, "ns"),
    Target("micro", "pair, stack of 25", "active", "added", 12, "ns"),
    Target("micro", "*", "active", "cheaper", 2),
    Target("start-up", "wall clock", "dormant", "added", 0.5, "ms"),
    Target("start-up", "wall clock", "active", "added", 0.5, "ms"),
    Target("memory", "1,000,000 live blocks", "active", "ratio", 1.15),
    Target("boundary", "0 survivors", "heap's work", "value", 5, "us"),
    Target("boundary", "4,000 survivors", "heap's work", "value", 150, "us"),
    Target("state", "1,000 files in 10 folders", "all", "value", 2, "ms"),
    Target("files", "*", "most ms", "value", 50, "ms"),  # CLEANSLATE_BUDGET_MS
    Target("files", "100,000 files in 300 folders", "a round", "value", 40, "windows"),
    Target("files", "*", "until found", "value", 40, "windows"),
    Target("variables", "Python, small app", "median", "value", 1, "ms"),
    Target("variables", "Node, small app", "median", "value", 5, "ms"),
    Target("variables", "*, small app", "first", "value", 25, "ms"),
    Target("variables", "*, 50 modules*", "most", "value", 50, "ms"),  # CLEANSLATE_BUDGET_MS
    Target("variables", "*", "until told", "value", 20, "windows"),
]


@dataclasses.dataclass(frozen=True)
class Verdict:
    target: Target
    row: str
    value: float  # in the target's own terms
    holds: bool
    noise: float | None  # of plain, as a part of it
    unclear: bool  # nearer to the limit than the noise


def value_of(target, row, results):
    """The row's value in the target's terms, or None when it wasn't measured."""
    value = results.least(row, target.mode)
    if target.what == "value" or value is None:
        return value
    plain = results.least(row, "plain")
    if plain is None:
        return None
    if target.what == "ratio":
        return round(value / plain, 2)  # as the tables print it; the machine doesn't tell more
    if target.what == "added":
        return value - plain
    peer = results.least(row, "heaptrack")
    if peer is None:
        return None
    return (peer - plain) / (value - plain) if value > plain else float("inf")


def is_unclear(target, row, value, results):
    noise, plain = results.noise(row, "plain"), results.least(row, "plain")
    if noise is None or target.what == "value":
        return False
    if target.what == "cheaper":
        added = [abs(results.least(row, mode) - plain) for mode in (target.mode, "heaptrack")]
        return min(added) <= noise * plain
    return abs(value - target.limit) <= noise * (1 if target.what == "ratio" else plain)


def judge(section, rows, results):
    for target in TARGETS:
        for row in rows:
            if target.section != section or not fnmatch.fnmatchcase(row, target.row):
                continue
            value = value_of(target, row, results)
            if value is not None:
                holds = value >= target.limit if target.at_least else value <= target.limit
                unclear = is_unclear(target, row, value, results)
                yield Verdict(target, row, value, holds, results.noise(row, "plain"), unclear)
