"""What the witness's notes prove about a case: the kernel's view and the language's own, without the library.

A leaky case must show what its rule is about; a clean one must not.
"""

import json

WARM = 3  # invocations that may set things up


# What the runtime clients and the C library do by themselves.
CLIENTS_VARIABLE = "_X_AMZN_TRACE_ID"  # renewed for each invocation
C_LIBRARYS_SIGNALS = ~(3 << 31)  # 32 and 33, once there are threads


def read_notes(path):
    notes = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    for picture in (picture for pair in notes for picture in pair):
        picture["environment"].pop(CLIENTS_VARIABLE, None)
        picture["signals"] = [int(mask, 16) & C_LIBRARYS_SIGNALS for mask in picture["signals"]]
    return notes


def shows(rule, notes, leaky, kept_once):
    """Whether the state that `rule` is about is left again and again."""
    if kept_once:
        return any(notes[0][1][key] != after[key] for key in _ATTRIBUTES[rule] for _, after in notes)
    if rule == "limit-approaching" and not leaky:
        return False  # that is for the rules of what grows
    if rule == "stale-connection" and not leaky:
        return _recurs(lambda before, after: set(before["closed by peer"]) & set(after["closed by peer"]), notes)
    return _PROOFS[rule](notes)


def evidence(rule, notes):
    """What the pictures after the last invocations say of it."""
    keys = _EVIDENCE.get(rule, ())
    return "; ".join(f"{key}: {[after[key] for _, after in notes[-4:]]}"[:500] for key in keys)


def knows(rule, language):
    # V8 maps and unmaps as it likes.
    return rule in _PROOFS and not (rule == "mapping-growth" and language == "node")


def _recurs(events, notes):
    """True in each invocation after the warm-up, or at least in every tenth of a run of 40, of which there are 39 pairs."""
    late = [events(before, after) for before, after in notes[WARM:]]
    return sum(map(bool, late)) * 10 >= len(late) if len(notes) >= 39 else bool(late) and all(late)


def _grows(size, least=1):
    """Rises three times and more, and all that is late lies above all that is early."""

    def proof(notes):
        late = [size(after) for _, after in notes[WARM - 1 :]]
        third = len(late) // 3
        rises = sum(late[at] > max(late[:at]) for at in range(1, len(late)))
        return rises >= 3 and min(late[-third:]) >= max(late[:third]) + least

    return proof


# A program without an interpreter has little else that grows.
def _grows_by(key, least, least_natively):
    def proof(notes):
        native = "static" in notes[0][0]
        return _grows(lambda picture: picture[key], least_natively if native else least)(notes)

    return proof


def _differs(*keys):
    def proof(notes):
        baseline = notes[0][0]
        return _recurs(lambda before, after: any(after[key] != baseline[key] for key in keys), notes)

    return proof


# A thread that has been joined may take a moment to end: what counts is still there before the next event.
def _outlives(key):
    def proof(notes):
        pairs = [((before, after), following[0]) for (before, after), following in zip(notes, notes[1:])]
        return _recurs(lambda own, then: (set(own[1][key]) - set(own[0][key])) & set(then[key]), pairs)

    return proof


# A variable that is set to the same value each time is a setting.
def _environment_drifts(notes):
    return len({json.dumps(after["environment"], sort_keys=True) for _, after in notes[WARM - 1 :]}) > 1


# Between an answer and the next event.
def _acts_meanwhile(notes):
    keys = ("files", "sockets", "threads", "children", "environment", "folder", "umask", "tmp")
    pairs = [(last[1], following[0]) for last, following in zip(notes, notes[1:])]
    # What ends or closes is no new state.
    return _recurs(
        lambda was, now: any(
            was[key] != now[key]
            if not isinstance(now[key], list)
            else sorted(now[key]) != sorted(was[key]) and set(now[key]) - set(was[key])
            for key in keys
        ),
        pairs,
    )


def _any(*rules):
    return lambda notes: any(_PROOFS[rule](notes) for rule in rules)


_ATTRIBUTES = {
    "environment-changed": ["environment"],
    "working-directory-changed": ["folder"],
    "signal-handler-changed": ["signals", "handlers"],
    "locale-changed": ["locale"],
    "umask-changed": ["umask"],
    "timer-left-running": ["timers"],
}
_PROOFS = {
    "heap-growth": _grows_by("heap", 16 << 10, 200),
    "mapping-growth": _grows_by("mapped", 512 << 10, 64 << 10),
    "descriptor-leak": _grows(lambda picture: len(picture["files"])),
    "connection-leak": _grows(lambda picture: len(picture["sockets"])),
    "stale-connection": lambda notes: _recurs(lambda before, after: before["closed by peer"], notes),
    "tmp-residue": lambda notes: _recurs(lambda before, after: after["tmp"], notes),
    "tmp-growth": lambda notes: _grows(lambda picture: len(picture["tmp"]))(notes)
    or _grows(lambda picture: sum(size for size, _ in picture["tmp"].values()))(notes),
    "environment-changed": _environment_drifts,
    "working-directory-changed": _differs(*_ATTRIBUTES["working-directory-changed"]),
    "signal-handler-changed": _differs(*_ATTRIBUTES["signal-handler-changed"]),
    "locale-changed": _differs(*_ATTRIBUTES["locale-changed"]),
    "umask-changed": _differs(*_ATTRIBUTES["umask-changed"]),
    "thread-left-running": _outlives("threads"),
    "process-left-running": _outlives("children"),
    # Before an invocation, the last one's values.
    "static-data-changed": lambda notes: _recurs(lambda before, after: before["static"], notes),
    "timer-left-running": lambda notes: _recurs(
        lambda before, after: any(now and not then for now, then in zip(after["timers"], notes[0][0]["timers"])), notes
    ),
    "post-response-activity": _acts_meanwhile,
}
_EVIDENCE = {
    "static-data-changed": ["static"],
    "heap-growth": ["heap"],
    "mapping-growth": ["mapped"],
    "descriptor-leak": ["files"],
    "connection-leak": ["sockets"],
    "stale-connection": ["closed by peer"],
    "tmp-residue": ["tmp"],
    "tmp-growth": ["tmp"],
    "working-directory-changed": ["folder"],
    "signal-handler-changed": ["signals"],
    "locale-changed": ["locale"],
    "umask-changed": ["umask"],
    "thread-left-running": ["threads"],
    "process-left-running": ["children"],
    "timer-left-running": ["timers"],
    "post-response-activity": ["files", "sockets", "threads", "children", "tmp"],
}
_PROOFS["limit-approaching"] = _any("heap-growth", "mapping-growth", "descriptor-leak", "connection-leak", "thread-left-running")
