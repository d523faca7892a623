"""Bytes of resident memory that a live block takes, with what is kept about it: the program bench_memory under a mode."""

import measure


class LiveBlocks:
    def __init__(self, program, count, missing):
        self.name = f"{count:,} live blocks"
        self.program, self.count, self.missing = program, count, missing

    def measure(self, mode):
        out, _ = measure.run(mode.front + [str(self.program), str(self.count)], mode.variables())
        return int(out) / self.count


def rows(build, quick):
    program = build / "tests/bench/bench_memory"
    missing = "" if program.exists() else f"{program} isn't built: cmake --build {build} --target bench_programs"
    for count in (10_000,) if quick else (10_000, 100_000, 1_000_000):
        yield LiveBlocks(program, count, missing)
