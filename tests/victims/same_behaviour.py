"""Runs a command plain and under the library, dormant and recording, and demands the same behaviour.

same_behaviour.py --library LIB --scratch FOLDER [--more-lines] --env K=V... -- COMMAND ARG...
"""

import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys

TIME_LIMIT = 60  # seconds: a program that hangs is one that behaves differently


def behaviour(command, environment):
    """What the outside sees of a run: exit code or signal, both streams; addresses of loaded objects made equal."""
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=TIME_LIMIT, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as late:
        return f"hangs\nstdout:\n{late.stdout}\nstderr:\n{late.stderr}"
    text = f"exit {done.returncode}\nstdout:\n{done.stdout.decode()}\nstderr:\n{done.stderr.decode()}"
    text = re.sub(r"\(0x[0-9a-f]+\)", "(ADDRESS)", text)
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--scratch", required=True, type=pathlib.Path)
    parser.add_argument("--env", nargs="*", default=[])
    parser.add_argument(
        "--more-lines", action="store_true", help="allowed: the loader's list of what it loads"
    )
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if not os.path.exists(options.library):
        sys.exit(f"{options.library} isn't there: build it first")
    shutil.rmtree(options.scratch, ignore_errors=True)
    options.scratch.mkdir(parents=True)

    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("CLEANSLATE", "LD_PRELOAD"))
    }
    plain["LC_ALL"] = "C"
    plain |= dict(setting.split("=", 1) for setting in options.env)
    expected = behaviour(options.command, plain)

    # With another preload: before it and after it.
    other = plain.get("LD_PRELOAD")
    preloads = (
        [options.library] if other is None else [f"{options.library}:{other}", f"{other}:{options.library}"]
    )
    failures = 0
    for preload in preloads:
        for mode in (None, "on", "always", "off"):
            environment = plain | {"LD_PRELOAD": preload}
            if mode is not None:
                reports = options.scratch / f"{mode}.jsonl"
                environment |= {
                    "CLEANSLATE": mode,
                    "CLEANSLATE_OUTPUT": f"file:{reports}",
                    "CLEANSLATE_REPORT": "all",
                }
            seen = behaviour(options.command, environment)
            if mode == "always":  # a report that can't be written is said once, and only there
                seen = "".join(line for line in seen.splitlines(True) if not line.startswith("cleanslate: "))
            same = (
                set(expected.splitlines()) <= set(seen.splitlines())
                if options.more_lines
                else seen == expected
            )
            if not same:
                failures += 1
                print(f"CLEANSLATE={mode} LD_PRELOAD={preload}: differs from the plain run")
                sys.stdout.writelines(
                    difflib.unified_diff(
                        expected.splitlines(True), seen.splitlines(True), "plain", "preloaded"
                    )
                )
                print()
    print(f"plain run: {expected}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
