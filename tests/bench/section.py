"""A part of the bench: rows and modes that are measured in the same rounds, and shown in one table."""

import measure
import table
import targets


class Section:
    """`cell(value, plain)` is the text of a value; the column plain has its own unit. `rounds` makes of the rounds that are asked for its own."""

    def __init__(self, name, title, corner, rows, modes, cell, unit="", rounds=lambda asked: asked):
        self.name, self.title, self.corner, self.cell, self.unit = name, title, corner, cell, unit
        self.rows, self.modes = list(rows), list(modes)
        self.rounds = rounds
        self.results = measure.Results()

    def keep_rows(self, pattern):
        self.rows = [row for row in self.rows if pattern.search(f"{self.name}/{row.name}")]

    def measure(self, rounds):
        rows = [row for row in self.rows if not row.missing]
        modes = [mode for mode in self.modes if not mode.missing]
        measure.interleave(rows, modes, self.rounds(rounds), self.results, measure.progress)

    def verdicts(self):
        return list(targets.judge(self.name, [row.name for row in self.rows], self.results))

    def lines(self):
        """The table; `!` marks what misses a target."""
        missed = {(verdict.row, verdict.target.mode) for verdict in self.verdicts() if not verdict.holds}
        header = [self.corner, *(f"{mode.name} " for mode in self.modes), "noise"]
        body = []
        for row in self.rows:
            plain = self.results.least(row.name, "plain")
            cells = [row.name]
            for mode in self.modes:
                value = self.results.least(row.name, mode.name)
                mark = "!" if (row.name, mode.name) in missed else " "
                cells.append(self.text(mode, value, plain) + mark)
            noise = self.results.noise(row.name, "plain")
            body.append([*cells, "-" if noise is None else f"{noise:.0%}"])
        yield from table.lines(header, body)
        yield from self.reasons()

    def text(self, mode, value, plain):
        if value is None:
            return "-"
        if mode.name == "plain":
            return f"{table.number(value)}{self.unit}"
        return self.cell(value, plain) if plain is not None else "-"

    def reasons(self):
        """Why cells are empty."""
        for thing in [*self.rows, *self.modes]:
            if thing.missing:
                yield f"  {thing.name}: {thing.missing}"
        for (row, mode), text in self.results.failures.items():
            yield f"  {row}, {mode}: {text[:400]}"

    def as_json(self):
        found = {}
        for (row, mode), values in self.results.values.items():
            found.setdefault(row, {})[mode] = values
        return found


def ratio(value, plain):
    return f"{value / plain:.2f}"


def added(value, plain):
    return f"{value - plain:+.1f}"
