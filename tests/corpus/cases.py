"""What the corpus holds: the handlers of cases/, and what is expected of each.

A case is a function named leaky_* or clean_*; the comment right above it says what must come of it. README.md has the
form.
"""

import dataclasses
import fnmatch
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = {".py": "python", ".js": "node", ".cc": "c++"}

# What the rule says survives as intended: naming it is enough.
INFO_RULES = {"tmp-residue"}
VARIABLE_RULES = {"variable-growth", "variable-replaced", "default-argument-mutated", "payload-retained"}

_DEFINITION = {
    ".py": re.compile(r"def ((?:leaky|clean)_\w+)\("),
    ".js": re.compile(r"exports\.((?:leaky|clean)_\w+) ="),
    ".cc": re.compile(r"\w.*?\b((?:leaky|clean)_\w+)\("),
}
_COMMENT = re.compile(r"(?:#|//) ?(.*)")
_KEYS = re.compile(r"(expect|clean of|also|with): *(.*)")


class BadCase(Exception):
    """A case's comment isn't as README.md says."""


@dataclasses.dataclass(frozen=True)
class Named:
    """A rule, and a glob that the subject, the message or a frame of the finding has to match."""

    rule: str
    glob: str = "*"

    def matches(self, finding):
        if finding["rule"] != self.rule:
            return False
        texts = [finding["subject"], finding["message"]]
        for frame in finding.get("where", []):
            texts += [frame.get("function", ""), frame.get("file", "")]
        return any(fnmatch.fnmatchcase(text, self.glob) for text in texts)

    def __str__(self):
        return self.rule if self.glob == "*" else f"{self.rule} {self.glob}"


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a case is run."""

    n: int = 8  # invocations
    by: int = 0  # a leak must be named by this one; 0: by the fifth, in a run of 40 or more by the last
    events: str = "unique"  # or "rotating" (three customers in turn), "same"
    peer: str = ""  # "keeping", "closing": the case talks to it
    pause: int = 0  # milliseconds until the next event, from the answer or from when the closing peer has closed
    memory: int = 128  # megabytes that the function is told it has
    nofile: int = 1024  # descriptors, Lambda's own limit
    alone: str = ""  # "yes": it shares its process with nobody
    kept: str = ""  # "once": of a clean case, what its first invocation set stays
    errors: str = ""  # "expected": the handler raises on purpose
    env: tuple = ()  # (name, value)


@dataclasses.dataclass(frozen=True)
class Case:
    path: pathlib.Path
    function: str
    expected: tuple = ()  # Named, of a leaky one
    clean_of: tuple = ()  # rules, of a clean one
    also: tuple = ()  # Named: may be found too
    settings: Settings = Settings()

    @property
    def leaky(self):
        return bool(self.expected)

    @property
    def language(self):
        return LANGUAGES[self.path.suffix]

    @property
    def rules(self):
        """The rows of the table that the case counts in."""
        rules = [one.rule for one in self.expected] if self.leaky else self.clean_of
        return tuple(dict.fromkeys(rules))

    @property
    def name(self):
        folder = "real/" if self.path.parent.name == "real" else ""
        return f"{folder}{self.path.name}:{self.function}"

    @property
    def deadline(self):
        return self.settings.by or (self.settings.n if self.settings.n >= 40 else 5)


def read_cases(folder):
    """All cases of the files in `folder` and of its folder `real`."""
    files = sorted(file for file in folder.glob("**/*") if file.suffix in LANGUAGES)
    return [case for file in files for case in _read_file(file)]


def _read_file(file):
    cases, comment = [], []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if match := _COMMENT.match(line):
            comment.append(match[1])
            continue
        definition = _DEFINITION[file.suffix].match(line)
        stated = any(_KEYS.match(text) for text in comment)
        # C++ may declare its functions early, and has helpers whose names can't be told from a case's.
        if definition and (stated or file.suffix != ".cc"):
            try:
                cases.append(_case(file, definition[1], comment))
            except ValueError as error:
                raise BadCase(f"{file}:{number}: {definition[1]}: {error}") from None
        elif stated:
            raise BadCase(f"{file}:{number}: an expectation with no leaky_ or clean_ function right below it")
        comment = []
    return cases


def _case(file, function, comment):
    expected, clean_of, also, settings = [], [], [], {}
    for text in comment:
        match = _KEYS.match(text)
        if not match:
            continue
        key, value = match[1], match[2].strip()
        if key == "clean of":
            clean_of += value.replace(",", " ").split()
        elif key == "with":
            settings |= _settings(value)
        else:
            rule, _, glob = value.partition(" ")
            (expected if key == "expect" else also).append(Named(rule, glob.strip() or "*"))
    if function.startswith("leaky_") != bool(expected) or function.startswith("clean_") != bool(clean_of):
        raise ValueError("a leaky case has `expect:`, a clean one `clean of:`")
    return Case(file, function, tuple(expected), tuple(clean_of), tuple(also), Settings(**settings))


def _settings(text):
    settings, env = {}, []
    for word in text.split():
        name, equals, value = word.partition("=")
        if name.startswith("env."):
            env.append((name[4:], value))
        elif equals and name in Settings.__dataclass_fields__:
            settings[name] = int(value) if Settings.__dataclass_fields__[name].type is int else value
        else:
            raise ValueError(f"with: {word}: no such setting")
    if settings.get("peer") == "closing":
        settings.setdefault("pause", 20)  # so that the function has heard that the peer has closed
    return settings | ({"env": tuple(env)} if env else {})
