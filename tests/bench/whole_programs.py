#!/usr/bin/env python3
"""CPU time of whole programs under cleanslate, as ratios to the same program alone.

    tests/bench/whole_programs.py [--library build/lib/libcleanslate.so] [--rounds 7]

Each round runs every program plain, dormant (CLEANSLATE=on, as outside of Lambda) and recording (CLEANSLATE=always), one after the other, so that
a slow moment of the machine meets all of them. Of each the least user and system time counts. Differences under 5 % mean nothing on a busy machine.
"""

import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]

PYTHON_WORK = """
import json, re
text = json.dumps([{"id": i, "name": f"item {i}", "tags": ["a", "b", str(i)]} for i in range(2000)])
for _ in range(150):
    items = json.loads(text)
    names = {item["name"]: item for item in items}
    re.findall(r'item \\d+7', text)
"""
NODE_WORK = """
const text = JSON.stringify(Array.from({length: 2000}, (_, i) => ({id: i, name: 'item ' + i, tags: ['a', String(i)]})));
for (let i = 0; i < 500; i++) { const items = JSON.parse(text); new Map(items.map(x => [x.name, x])); Buffer.from(text).toString('base64'); }
"""
SQLITE_WORK = """
create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000)
  insert into t select i, 'text ' || (i * 7919 % 10007), i / 3.0 from n;
create index i on t(b);
select count(*), sum(c), max(b) from t where b like 'text 1%';
select b, count(*) from t group by b order by 2 desc limit 5;
"""
CPP_WORK = "#include <functional>\n#include <iostream>\n#include <map>\n#include <regex>\n#include <string>\nint main(int argc, char** argv) {\n  std::map<std::string, std::function<bool()>> m;\n  m[argv[0]] = [&] { return std::regex_match(argv[0], std::regex(\"a+b\")); };\n  std::cout << m[argv[argc - 1]]();\n}\n"


def programs(scratch):
    source = scratch / "work.cc"
    source.write_text(CPP_WORK)
    python = sys.executable
    yield "python3", [python, "-c", PYTHON_WORK], {}
    yield "python3, PYTHONMALLOC=malloc", [python, "-c", PYTHON_WORK], {"PYTHONMALLOC": "malloc"}
    if shutil.which("node"):
        yield "node", ["node", "-e", NODE_WORK], {}
    if shutil.which("sqlite3"):
        yield "sqlite3", ["sqlite3", ":memory:", SQLITE_WORK], {}
    yield "g++ -O1", ["g++", "-O1", "-c", str(source), "-o", str(scratch / "work.o")], {}


def cpu_seconds(command, environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", default=SOURCE / "build/lib/libcleanslate.so", type=pathlib.Path)
    parser.add_argument("--rounds", default=7, type=int)
    options = parser.parse_args()
    library = options.library.resolve(strict=True)

    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        watched = scratch / "tmp"
        watched.mkdir()
        ours = {"LD_PRELOAD": str(library), "CLEANSLATE_REPORT": "off", "CLEANSLATE_TMP": str(watched)}
        modes = {"plain": {}, "dormant": {**ours, "CLEANSLATE": "on"}, "recording": {**ours, "CLEANSLATE": "always"}}
        best = {}
        for round_number in range(options.rounds + 1):
            for name, command, extra in programs(scratch):
                for mode, variables in modes.items():
                    seconds = cpu_seconds(command, {**os.environ, **extra, **variables})
                    if round_number > 0:  # the first warms the caches up
                        key = (name, mode)
                        best[key] = min(best.get(key, seconds), seconds)

    print(f"{'program':<30} {'plain, s':>9} {'dormant':>9} {'recording':>10}")
    for name in dict.fromkeys(name for name, _ in best):
        plain = best[name, "plain"]
        print(f"{name:<30} {plain:>9.2f} {best[name, 'dormant'] / plain:>9.2f} {best[name, 'recording'] / plain:>10.2f}")


if __name__ == "__main__":
    main()
