"""What a watch over lines costs a program that makes and drops small objects all the time, in the interpreter that runs this.

Usage: cost.py HARNESS.so [ROUNDS]. Runs are interleaved; the least CPU time of each mode is compared with a plain run's.
"""

import collections
import ctypes
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time

MODES = ("plain", "watching", "waiting", "over", "tracemalloc")
WORK = """
import collections, json

class Node:
    __slots__ = ("left", "right", "name")
    def __init__(self, name):
        self.name, self.left, self.right = name, None, None

class Plain:
    def __init__(self, a, b):
        self.a, self.b = a, b

def tree(depth=14):
    node = Node("n" + str(depth))
    if depth:
        node.left, node.right = tree(depth - 1), tree(depth - 1)
    return node

def objects():
    return [Plain(str(i), [i, i + 1000]) for i in range(40000)]

def texts():
    count = collections.Counter()
    for line in ("the quick brown fox %d jumps" % i for i in range(40000)):
        for word in line.split():
            count[word.upper()] += 1

def table():
    return {str(i): {"id": i * 1000, "tags": ("a%d" % i, i * 1.5)} for i in range(30000)}

DATA = json.dumps([{"id": i, "name": "name %d" % i, "tags": [str(i), "x"]} for i in range(5000)])

def parse():
    for _ in range(8):
        json.dumps(json.loads(DATA))

PARTS = (tree, objects, texts, table, parse)
"""


def run(mode, harness_path):
    root = tempfile.mkdtemp(prefix="lines")
    with open(os.path.join(root, "work.py"), "w") as file:
        file.write(WORK)
    sys.path.insert(0, root)
    sys.dont_write_bytecode = True
    work = importlib.import_module("work")
    for part in work.PARTS:
        part()
    harness = ctypes.PyDLL(harness_path)
    harness.Start.restype = harness.Boundary.restype = ctypes.c_char_p
    why = harness.Start(root.encode())
    if why:
        sys.exit(why.decode())
    windows = {"watching": 1, "waiting": 4, "over": 6}.get(mode, 0)
    for window in range(1, windows + 1):
        said = json.loads(harness.Boundary(window, window == 1))
        assert said["watching"] == (window < 6), said
    if mode == "tracemalloc":
        import tracemalloc

        tracemalloc.start()
    began = time.process_time()
    for _ in range(3):
        for part in work.PARTS:
            part()
    print(time.process_time() - began)


def main():
    if len(sys.argv) > 2 and sys.argv[2] in MODES:
        return run(sys.argv[2], sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    least = collections.defaultdict(lambda: float("inf"))
    for _ in range(rounds):
        for mode in MODES:
            said = subprocess.check_output([sys.executable, os.path.abspath(__file__), os.path.abspath(sys.argv[1]), mode])
            least[mode] = min(least[mode], float(said))
    print("Python %d.%d" % sys.version_info[:2], *("%s %.2f" % (mode, least[mode] / least["plain"]) for mode in MODES))


if __name__ == "__main__":
    main()
