"""Every stack of whole programs, held against a fresh walk by the checked build of the library: none may differ.

test_stacks.py --library LIB --scratch FOLDER [--only NAME]
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

TIME_LIMIT = 400  # seconds
LINE = re.compile(
    r"stacks: (\d+) remembered, (\d+) walked, (\d+) mismatches; libunwind: (\d+) compared, (\d+) mismatches"
)

SQL = """
create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000)
  insert into t select i, 'text ' || (i * 7919 % 10007), i / 3.0 from n;
create index i on t(b);
select count(*), sum(c), max(b) from t where b like 'text 1%';
select b, count(*) from t group by b order by 2 desc limit 5;
"""
PYTHON = """
import json, re
text = json.dumps([{"id": i, "name": f"item {i}", "tags": ["a", "b", str(i)]} for i in range(1000)])
for _ in range(60):
    items = json.loads(text)
    names = {item["name"]: item for item in items}
    re.findall(r'item \\d+7', text)
    try:
        json.loads(text[:-3])
    except ValueError:
        pass
"""
CPP = """
#include <functional>
#include <map>
#include <regex>
#include <string>
int main(int argc, char** argv) {
  std::map<std::string, std::function<bool()>> m;
  m[argv[0]] = [&] { return std::regex_match(argv[0], std::regex("a+b")); };
  return m[argv[argc - 1]]();
}
"""


def programs(scratch):
    """name: (command, variables, how many stacks it takes at least)"""
    source, preprocessed = scratch / "work.cc", scratch / "work.ii"
    source.write_text(CPP)
    subprocess.run(["g++", "-E", source, "-o", preprocessed], check=True)
    compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], check=True, capture_output=True, text=True).stdout.strip()
    yield "sqlite3", (["sqlite3", ":memory:", SQL], {}, 500_000)
    yield "python3", ([sys.executable, "-c", PYTHON], {"PYTHONMALLOC": "malloc"}, 500_000)
    yield "cc1plus", (
        [compiler, "-fpreprocessed", "-quiet", "-O1", preprocessed, "-o", "/dev/null"],
        {},
        500_000,
    )
    yield "node", (["node", "-e", "for (let i = 0; i < 300; i++) JSON.parse(JSON.stringify(process.versions))"], {}, 1_000)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--scratch", required=True, type=pathlib.Path)
    parser.add_argument("--only")
    options = parser.parse_args()
    options.library = str(pathlib.Path(options.library).resolve(strict=True))
    options.scratch = options.scratch.resolve()
    shutil.rmtree(options.scratch / "audit", ignore_errors=True)
    scratch = options.scratch / "audit"
    (scratch / "tmp").mkdir(parents=True)

    wrong = []
    total = 0
    for name, (command, variables, least) in programs(scratch):
        if options.only not in (None, name):
            continue
        output = scratch / f"{name}.txt"
        environment = os.environ | variables | {
            "LD_PRELOAD": options.library,
            "CLEANSLATE": "always",
            "CLEANSLATE_REPORT": "off",
            "CLEANSLATE_TMP": str(scratch / "tmp"),
            "AUDIT_OUTPUT": str(output),
        }
        subprocess.run(
            command, env=environment, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=TIME_LIMIT
        )
        remembered, walked, mismatches, judged, misjudged = map(int, LINE.match(output.read_text()).groups())
        print(f"{name}: {output.read_text().strip()}", flush=True)
        total += remembered + walked
        if mismatches or misjudged:
            wrong.append(f"{name}: {mismatches} stacks differ from a fresh walk, {misjudged} from libunwind's")
        if remembered + walked < least or remembered == 0 or walked == 0 or judged == 0:
            wrong.append(f"{name}: too few stacks were compared to mean anything")
    print(f"{total} stacks in all")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
