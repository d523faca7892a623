"""What HOT code calls: the undefined symbols of its archives, against an allow-list.

Usage: hot_symbols.py ALLOW_LIST ARCHIVE...

HOT code runs inside malloc, in any thread, under anybody's lock. Whether it may call a function is decided once, by a person,
with a reason, in the list: a name a line, `#` before a comment.
"""

import pathlib
import subprocess
import sys


def symbols(archive, which):
    lines = subprocess.run(
        ["nm", "--demangle", "--format=just-symbols", which, str(archive)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return {line for line in lines if line and not line.endswith(".o:")}


def allowed(allow_list):
    lines = (line.split("#")[0].strip() for line in allow_list.read_text().splitlines())
    return {line for line in lines if line}


def called(archives):
    defined = set().union(*(symbols(archive, "--defined-only") for archive in archives))
    undefined = set().union(*(symbols(archive, "--undefined-only") for archive in archives))
    return undefined - defined


def complaints(allow_list, archives):
    allow, call = allowed(allow_list), called(archives)
    return [f"{name} is called by HOT code and not on the list" for name in sorted(call - allow)]


def main():
    found = complaints(pathlib.Path(sys.argv[1]), [pathlib.Path(a) for a in sys.argv[2:]])
    print("\n".join(found) or "HOT code calls what is on the list only")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
