"""The layer table of the design: a room includes only rooms to its right.

    preload -> report -> analysis -> {snapshot, probe} -> record -> base
       \\-------------------------------------------------> boundary -> base
    tools   -> report, analysis, boundary's parser, base     (never preload, record or a snapshot's taker)

Usage: include_table.py SOURCE_ROOT. Prints a line for each include that the table forbids; exit code 1 if there is one.
"""

import pathlib
import re
import sys

MAY_INCLUDE = {
    "base": set(),
    "record": {"base"},
    "boundary": {"base"},
    "snapshot": {"record", "base"},
    "probe": {"record", "base"},
    "analysis": {"snapshot", "probe", "record", "base"},
    "report": {"analysis", "snapshot", "probe", "record", "base"},
    "preload": {"report", "analysis", "snapshot", "probe", "record", "boundary", "base"},
}
# A room whole, or the headers of it that the command may see: values and parsers, nothing that looks at a process.
TOOLS_MAY_INCLUDE = re.compile(
    r"report/|analysis/|base/|snapshot/snapshot\.h$|boundary/(http_head|http_stream|bounded_text|runtime_api_route)\.h$"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def included(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) or match.group(2)


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cc", ".c", ".inc"))


def complaints(root):
    found = []
    src, tools = root / "src", root / "tools"
    for path in sources(src):
        room = path.relative_to(src).parts[0]
        if room not in MAY_INCLUDE:
            found.append(f"{path.relative_to(root)}:1: {room} is not a room of the table")
            continue
        for number, name in included(path):
            other = name.split("/")[0]
            where = f"{path.relative_to(root)}:{number}"
            if ".." in pathlib.PurePosixPath(name).parts:
                found.append(f"{where}: {name} is not written from src/")
            elif (tools / name).exists() and not (src / name).exists():
                found.append(f"{where}: {room} includes {name} of tools")
            elif other in MAY_INCLUDE and other != room and other not in MAY_INCLUDE[room]:
                found.append(f"{where}: {room} includes {name}, which is not to its right")
    for path in sources(tools):
        for number, name in included(path):
            if name.split("/")[0] not in MAY_INCLUDE or (tools / name).exists():
                continue
            if not TOOLS_MAY_INCLUDE.match(name):
                found.append(f"{path.relative_to(root)}:{number}: tools includes {name}")
    return found


def main():
    found = complaints(pathlib.Path(sys.argv[1]))
    print("\n".join(found) or "every include keeps to the table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
