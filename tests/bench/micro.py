"""The benchmarks of micro/: one program, bench_micro, started under a mode for one benchmark at a time. Values are nanoseconds a pair."""

import dataclasses
import json
import pathlib

import measure

# What the table calls it, and what the program does.
BENCHMARKS = {
    "pair": "pair",
    "pair, stack of 25": "pair_at_depth_omit/25",
    "pair, stack of 25, frame pointers": "pair_at_depth_keep/25",
    "pair, stack of 200": "pair_at_depth_omit/200",
    "pair, stack of 200, frame pointers": "pair_at_depth_keep/200",
    "pair, 8 callers in turn, stack of 25": "pair_by_8_callers_omit/25",
    "pair, 8 stacks of 25 gone down anew": "pair_by_8_roots_omit/25",
    "replace one of many live blocks": "replace/1000000",
    "pair, freed by another thread": "cross_thread/process_time",
}
QUICK = {"replace/1000000": "replace/10000"}


@dataclasses.dataclass
class Benchmark:
    name: str
    program: pathlib.Path
    benchmark: str
    seconds: float  # that one run may take
    missing: str = ""

    def measure(self, mode):
        arguments = [
            f"--benchmark_filter=^{self.benchmark}$",
            f"--benchmark_min_time={self.seconds}",
            "--benchmark_format=json",
        ]
        command = mode.front + [str(self.program), *arguments]
        out, _ = measure.run(command, mode.variables())
        found = json.loads(out)["benchmarks"]
        if len(found) != 1:
            raise measure.Failed(f"{self.program.name} knows {len(found)} benchmarks named {self.benchmark}")
        # A step is a pair, or it says how many.
        each = found[0].get("items_per_second")
        return 1e9 / each if each else found[0]["cpu_time"]


def benchmarks(build, quick):
    program = build / "tests/bench/bench_micro"
    missing = "" if program.exists() else f"{program} isn't built: cmake --build {build} --target bench_programs"
    for name, benchmark in BENCHMARKS.items():
        if quick:
            benchmark = QUICK.get(benchmark, benchmark)
        yield Benchmark(name, program, benchmark, 0.01 if quick else 0.05, missing)
