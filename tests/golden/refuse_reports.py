#!/usr/bin/env python3
"""The schema's own test: each way to spoil a good report is noticed by validate_reports.py."""

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

GOOD = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()[0])
VALIDATE = Path(__file__).resolve().with_name("validate_reports.py")


def spoiled(path, value):
    report = copy.deepcopy(GOOD)
    target = report
    for key in path[:-1]:
        target = target[key]
    if value is None:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return json.dumps(report)


CASES = {
    "no level": spoiled(["level"], None),
    "level": spoiled(["level"], "WARNING"),
    "milder level": spoiled(["level"], "INFO"),
    "timestamp": spoiled(["timestamp"], "2026-11-23 05:02:11"),
    "metric as text": spoiled(["Findings"], "1"),
    "metric missing": spoiled(["TmpBytes"], None),
    "negative count": spoiled(["SurvivedFiles"], -1),
    "fewer than listed": spoiled(["Findings"], 0),
    "no schema": spoiled(["cleanslate", "schema"], None),
    "schema": spoiled(["cleanslate", "schema"], "2.0"),
    "type": spoiled(["cleanslate", "type"], "windows"),
    "window": spoiled(["cleanslate", "window", "first"], None),
    "severity": spoiled(["cleanslate", "findings", 0, "severity"], "fatal"),
    "pattern": spoiled(["cleanslate", "findings", 0, "trend", "pattern"], "shrinking"),
    "where": spoiled(["cleanslate", "findings", 0, "where"], {}),
    "line": spoiled(["cleanslate", "survived", "heap", "sites", 0, "where", 0, "line"], "12"),
    "change": spoiled(["cleanslate", "survived", "files", 0, "change"], "touched"),
    "left out": spoiled(["cleanslate", "leftOut"], {"files": -3}),
    "dimension": spoiled(["FunctionName"], ""),
    "metric without number": spoiled(["_aws", "CloudWatchMetrics", 0, "Metrics", 0, "Name"], "Other"),
    "unit": spoiled(["_aws", "CloudWatchMetrics", 0, "Metrics", 0, "Unit"], "Bits"),
    "torn": json.dumps(GOOD)[:-1],
    "two in a line": json.dumps(GOOD) * 2,
    "not a number": json.dumps(GOOD).replace("12.4", "NaN"),
    "twice": json.dumps(GOOD).replace('"level"', '"level": "WARN", "level"', 1),
}


def main():
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        for name, line in CASES.items():
            path = Path(folder) / "report.jsonl"
            path.write_text(line + "\n", encoding="utf-8")
            if subprocess.run([sys.executable, VALIDATE, path], stdout=subprocess.DEVNULL).returncode != 1:
                missed.append(name)
    print("not noticed: " + ", ".join(missed) if missed else f"{len(CASES)} faults noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
