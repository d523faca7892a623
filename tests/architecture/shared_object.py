"""What the shared object shows to its host: exactly the interposed functions, the public C functions and the two that make
it an addon of Node, nothing else.

Usage: shared_object.py LIBRARY INTERPOSED_FUNCTIONS PUBLIC_HEADER

Node and Python wheels carry their own Abseil and libstdc++: one name of ours beside the listed ones could be bound to theirs,
or theirs to ours. And a library that is needed at run time may be missing in the function's sandbox.
"""

import pathlib
import re
import subprocess
import sys

INTERPOSED = re.compile(r"^INTERPOSED\w*\(\s*[^,]+,\s*(\w+)\s*,", re.MULTILINE)
PUBLIC = re.compile(r"\b(cleanslate_\w+)\s*\([^;{]*\)[^;{]*;")
OF_A_NODE_ADDON = {"napi_register_module_v1", "node_api_module_get_api_version_v1"}
# The C library and its parts, the program's interpreter among them.
MAY_NEED = re.compile(r"(libc|libm|libdl|libpthread|librt|ld-linux-[\w-]+)\.so\.\d+$")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def listed(functions_list, public_header):
    names = set(INTERPOSED.findall(without_comments(functions_list.read_text())))
    if public_header.exists():
        names |= set(PUBLIC.findall(without_comments(public_header.read_text())))
    return names


def exported(library):
    lines = run("nm", "-D", "--defined-only", "--format=posix", str(library)).splitlines()
    return {line.split()[0].split("@")[0] for line in lines}


def complaints(library, functions_list, public_header, others=frozenset()):
    want, have = listed(functions_list, public_header) | others, exported(library)
    found = [] if want else [f"{functions_list} lists no function"]
    found += [f"{name} is listed but not exported" for name in sorted(want - have)]
    found += [f"{name} is exported but not listed" for name in sorted(have - want)]
    dynamic = run("readelf", "-dW", str(library))
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)
    found += [f"{name} is needed at run time" for name in needed if not MAY_NEED.match(name)]
    if "(TEXTREL)" in dynamic:
        found.append("the code is relocated at run time (TEXTREL): something in it is not position independent")
    if re.search(r"\(R(UN)?PATH\)", dynamic):
        found.append("a path to search for libraries is built in")
    return found


def main():
    found = complaints(*map(pathlib.Path, sys.argv[1:4]), OF_A_NODE_ADDON)
    print("\n".join(found) or "the library shows what is listed, and needs the C library only")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
