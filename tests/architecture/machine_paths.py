"""No path of one machine in the project: a home folder, or the checkout where somebody built.

Usage: machine_paths.py SOURCE_ROOT
"""

import pathlib
import re
import sys

# Examples in texts say /home/user, /path/to, /tmp, /opt, /var/task: places that mean the same everywhere.
MACHINE_PATH = re.compile(rb"(?<![\w.<$}/])(?:/home/(?!user\b|USER\b|runner\b|sbx_user)\w+|/root/|/Users/\w+|/work/)")
SKIPPED_FOLDERS = {"build", ".git", "node_modules", "__pycache__", "corpus"}


def files(root):
    for path in sorted(root.iterdir()):
        if path.is_symlink() or path.name in SKIPPED_FOLDERS or path.name.startswith("build-"):
            continue
        if path.is_dir():
            yield from files(path)
        elif path.is_file():
            yield path


def complaints(root):
    found = []
    for path in files(root):
        if path.resolve() == pathlib.Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            match = MACHINE_PATH.search(line)
            if match:
                found.append(f"{path.relative_to(root)}:{number}: {match.group(0).decode()}")
    return found


def main():
    found = complaints(pathlib.Path(sys.argv[1]))
    print("\n".join(found) or "no path of a machine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
