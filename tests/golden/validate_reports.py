#!/usr/bin/env python3
"""Checks every report of the given files (or - for standard input) against the schema of the report line.

usage: validate_reports.py [--least N] FILE...

A line has to be one report: JSON by the letter, the schema's form, metrics that are there as numbers, and lists
that are no longer than the numbers say. Prints one line for each fault; exit 1 when there is one, or when there
are fewer than N reports (1).
"""

import argparse
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "src" / "report" / "report.schema.json"


def refuse(constant):
    raise ValueError(f"{constant} is not JSON")


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice")
    return members


def faults(line, validator):
    if len(line) > 1 << 20:
        yield "longer than a log event may be"
    try:
        report = json.loads(line, parse_constant=refuse, object_pairs_hook=unique)
    except ValueError as error:
        yield f"not JSON: {error}"
        return
    for error in validator.iter_errors(report):
        yield f"{error.json_path}: {error.message}"
        return
    for group in report.get("_aws", {}).get("CloudWatchMetrics", []):
        for dimension in sum(group["Dimensions"], []):
            if not report.get(dimension) or not isinstance(report[dimension], str) or len(report[dimension]) > 1024:
                yield f"dimension {dimension} has no value"
        for metric in group["Metrics"]:
            if not isinstance(report.get(metric["Name"]), int):
                yield f"metric {metric['Name']} has no number"
    survived = report["cleanslate"].get("survived", {})
    for metric, listed in (
        ("Findings", report["cleanslate"].get("findings", [])),
        ("SurvivedDescriptors", survived.get("descriptors", [])),
        ("SurvivedFiles", survived.get("files", [])),
    ):
        if report[metric] < len(listed):
            yield f"{metric} is {report[metric]} but {len(listed)} are listed"
    worst = max((["info", "warning", "critical"].index(f["severity"])
                 for f in report["cleanslate"].get("findings", [])), default=0)
    if ["INFO", "WARN", "ERROR"].index(report["level"]) < worst:
        yield f"level {report['level']} is milder than the worst finding"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--least", type=int, default=1)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    reports = wrong = 0
    for name in options.files:
        data = sys.stdin.buffer.read() if name == "-" else pathlib.Path(name).read_bytes()
        for number, line in enumerate(data.split(b"\n"), 1):
            if not line.strip():
                continue
            reports += 1
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                print(f"{name}:{number}: not UTF-8: {error}")
                wrong += 1
                continue
            for fault in faults(text, validator):
                print(f"{name}:{number}: {fault}")
                wrong += 1
    if reports < options.least:
        print(f"only {reports} reports, at least {options.least} were expected")
        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
