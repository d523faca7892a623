"""Whole programs: what each does, and how long its processor works on it, in seconds.

A workload takes a third of a second to a second alone, so that many rounds are cheap and one of them is likely to be left in peace;
`scale` makes it smaller.
"""

import dataclasses
import os
import shlex
import shutil
import subprocess
import sys
import time

import measure

PYTHON_WORK = """
import json, re
text = json.dumps([{{"id": i, "name": f"item {{i}}", "tags": ["a", "b", str(i)]}} for i in range(2000)])
for _ in range({rounds}):
    items = json.loads(text)
    names = {{item["name"]: item for item in items}}
    re.findall(r'item \\d+7', text)
"""
NODE_WORK = """
const text = JSON.stringify(Array.from({{length: 2000}}, (_, i) => ({{id: i, name: 'item ' + i, tags: ['a', String(i)]}})));
for (let i = 0; i < {rounds}; i++) {{
  const items = JSON.parse(text);
  new Map(items.map(item => [item.name, item]));
  Buffer.from(text).toString('base64');
}}
"""
CPP_WORK = """
#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

struct Order {
  std::string name;
  std::map<std::string, std::vector<double>> lines;
};

template <typename Rows>
double Total(const Rows& rows) {
  double total = 0;
  for (const auto& row : rows) {
    for (const auto& [name, lines] : row->lines) {
      for (double line : lines) total += line * static_cast<double>(name.size());
    }
  }
  return total;
}

int main(int argc, char** argv) {
  std::vector<std::shared_ptr<Order>> orders;
  for (int i = 0; i < argc; ++i) {
    orders.push_back(std::make_shared<Order>(Order{argv[i], {{"first", {1, 2, 3}}}}));
  }
  std::sort(orders.begin(), orders.end(), [](const auto& a, const auto& b) { return a->name < b->name; });
  std::ostringstream text;
  text << Total(orders);
  return text.str().size() > 3;
}
"""
SMALL_CPP_WORK = "#include <string>\nint main(int argc, char** argv) { return std::string(argv[argc - 1]).size() > 3; }\n"


def sqlite_work(steps):
    """Many small statements, as an application sends them: each is parsed, run and forgotten."""
    yield "create table t(a integer primary key, b text, c real); create index i on t(b); begin;"
    for i in range(steps):
        yield f"insert into t values({i}, 'text {i * 7919 % 10007}', {i / 3});"
        if i % 4 == 0:
            yield f"select count(*), max(c), group_concat(b, ';') from t where b like 'text {i % 97}%' and a > {i - 20};"
        else:
            yield f"update t set c = c + 1, b = upper(b) || '{i}' where a = {i // 2};"
    yield "commit; select b, count(*) from t group by b order by 2 desc limit 5;"


@dataclasses.dataclass
class Program:
    """A command that does its work and ends."""

    name: str
    command: list
    environment: dict = dataclasses.field(default_factory=dict)
    missing: str = ""

    def measure(self, mode):
        return measure.run(mode.front + self.command, mode.variables(self.environment))[1]


class Redis:
    """A server that a client keeps busy over a socket of its own: only the server runs under the mode, and only it is timed."""

    name = "redis"
    COMMANDS = "set,get,incr,lpush,rpop,sadd,hset,spop,zadd,mset"

    def __init__(self, scratch, scale):
        self.scratch = scratch
        self.requests = max(int(15_000 * scale), 500)
        server = shutil.which("redis-server")
        if not server and (same := shutil.which("redis-check-rdb")):
            # One program that goes by its name; Debian's redis-tools has it without a service that starts with the machine.
            server = scratch / "redis-server"
            server.symlink_to(same)
        self.server = str(server)
        have_all = server and shutil.which("redis-benchmark") and shutil.which("redis-cli")
        self.missing = "" if have_all else "not installed: apt-get install redis-tools, or tools/setup test"

    def measure(self, mode):
        socket = self.scratch / "redis.sock"
        # No file, no network; everything that the server would do by the clock is kept small.
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--hz", "1"]
        server = subprocess.Popen(
            mode.front + [self.server, *options],
            env=mode.variables(),
            cwd=self.scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        seconds = None
        try:
            self.wait_until_it_answers(server, socket)
            load = ["-n", str(self.requests), "-c", "10", "-P", "16", "-d", "100", "-r", "20000", "-t", self.COMMANDS, "-q"]
            self.client("redis-benchmark", socket, *load)
            server.terminate()
            seconds = measure.end_of(server)
        finally:
            if seconds is None:
                server.kill()
                server.wait()
            socket.unlink(missing_ok=True)
        if server.returncode != 0:
            raise measure.Failed(f"redis-server ended with {server.returncode}")
        return seconds

    def client(self, program, socket, *arguments):
        return subprocess.run(
            [program, "-s", str(socket), *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=measure.PATIENCE,
        ).stdout

    def wait_until_it_answers(self, server, socket):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if socket.exists() and self.client("redis-cli", socket, "ping").strip() == "PONG":
                return
            # Looked at without reaping it: its times are asked for at its end.
            if os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                raise measure.Failed("redis-server ended before it answered")
            time.sleep(0.02)
        raise measure.Failed("redis-server didn't answer within 60 seconds")


def compiler(scratch, scale):
    """The compiler itself, without its driver, the assembler and the linker around it."""
    source = scratch / "work.cc"
    source.write_text(CPP_WORK if scale > 0.1 else SMALL_CPP_WORK)
    program = Program("c++ compile", [])
    if not shutil.which("g++"):
        program.missing = "not installed: apt-get install g++"
        return program
    steps = subprocess.run(
        ["g++", "-###", "-O1", "-S", str(source), "-o", str(scratch / "work.s")],
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    program.command = next(shlex.split(line) for line in steps.splitlines() if "cc1plus" in line.split(" -")[0])
    return program


def programs(scratch, scale):
    def times(count):
        return max(int(count * scale), 2)

    same_hashes = {"PYTHONHASHSEED": "0"}
    python = [os.path.realpath(sys.executable), "-c", PYTHON_WORK.format(rounds=times(120))]
    script = scratch / "work.sql"
    script.write_text("\n".join(sqlite_work(times(20_000))))
    sqlite = Program("sqlite3", ["sqlite3", ":memory:", f".read {script}"])
    node = Program("node", ["node", "-e", NODE_WORK.format(rounds=times(300))])
    for program, package in ((sqlite, "sqlite3"), (node, "nodejs")):
        if not shutil.which(program.command[0]):
            program.missing = f"not installed: apt-get install {package}, or tools/setup test"
    return [
        sqlite,
        Redis(scratch, scale),
        node,
        Program("python3", python, same_hashes),
        Program("python3, PYTHONMALLOC=malloc", python, {**same_hashes, "PYTHONMALLOC": "malloc"}),
        compiler(scratch, scale),
    ]
