"""Descriptors and files: a window shows exactly what the invocation left, whichever call made it, and nothing else."""

import json

from harness import Case, main, python_client

# What each deed must leave: kinds of descriptors, and files with their change.
LEAVES_NOTHING = [
    "nothing",
    "open and close",
    "write and delete",
    "folder and delete",
    "read",
    "child",
    "connect and close",
]
DESCRIPTORS = {
    "file": ["file"],
    "folder": ["directory"],
    "pipe": ["pipe", "pipe"],
    "socket pair": ["socket", "socket"],
    "listener": ["socket"],
    "epoll": ["event-poll"],
    "eventfd": ["event-counter"],
    "memory": ["memory"],
    "pidfd": ["process"],
    "duplicate": None,  # of whatever standard input is
    "another number": ["file"],
    "received": ["file"],
    "deleted file": ["file"],
}
FILES = [
    ("create", [("settings", "created", 5)]),
    ("append", [("settings", "grown", 14)]),
    ("overwrite", [("settings", "modified", 14)]),
    ("mmap", [("settings", "modified", 14)]),
    ("replace", [("settings", "modified", 6)]),
    ("rename", [("renamed", "created", 6), ("settings", "deleted", 6)]),
    ("create", [("settings", "created", 5)]),
    ("delete", [("settings", "deleted", 5)]),
    ("link", [("link", "created", None)]),
    ("make folders", [("x", "created", None), ("x/y", "created", None), ("x/y/z", "created", 4)]),
    ("child writes", [("by-a-child", "created", 2)]),
]


class State(Case):
    def survivors(self, deeds):
        """What survived each of `deeds`; the first invocation only warms the runtime up."""
        deeds = ["nothing", *deeds]
        events = [json.dumps({"do": deed}).encode() for deed in deeds]
        watched = self.drive(python_client("state.handler"), events, env=self.own_tmp())
        self.assertEqual([json.loads(answer.body) for answer in watched.answers], deeds)
        self.assert_one_window_an_invocation(watched.reports, watched.handed_out)
        return [window["cleanslate"].get("survived", {}) for window in watched.windows[1:]]

    def files(self, survived):
        listed = [(file["path"], file["change"], file.get("bytes", 0)) for file in survived.get("files", [])]
        return [(path.removeprefix(f"{self.tmp}/"), change, bytes) for path, change, bytes in listed]

    def test_what_leaves_nothing(self):
        for deed, survived in zip(LEAVES_NOTHING * 3, self.survivors(LEAVES_NOTHING * 3)):
            with self.subTest(deed=deed):
                self.assertEqual(survived.get("descriptors", []), [])
                self.assertEqual(survived.get("files", []), [])

    def test_descriptors(self):
        deeds = [deed for kind in DESCRIPTORS for deed in (kind, "nothing")]
        for deed, survived in zip(deeds, self.survivors(deeds)):
            with self.subTest(deed=deed):
                kinds = [descriptor["kind"] for descriptor in survived.get("descriptors", [])]
                expected = DESCRIPTORS.get(deed, [])
                if expected is None:
                    self.assertEqual(len(kinds), 1)
                else:
                    self.assertEqual(kinds, expected, survived)
                self.assertEqual(survived.get("files", []), [])

    def test_descriptors_say_what_they_are(self):
        file, listener, deleted, other = self.survivors(
            ["file", "listener", "deleted file", "another number"]
        )
        self.assertEqual(file["descriptors"][0]["target"], "/etc/hostname")
        self.assertTrue(any(frame.get("function") for frame in file["descriptors"][0]["where"]))
        self.assertIn("127.0.0.1:", listener["descriptors"][0]["local"])
        self.assertEqual(listener["descriptors"][0]["state"], "LISTEN")
        self.assertTrue(deleted["descriptors"][0]["deleted"])
        self.assertEqual(deleted["descriptors"][0]["bytes"], 5000)
        self.assertEqual(other["descriptors"][0]["fd"], 77)

    def test_files(self):
        survivors = self.survivors([deed for deed, _ in FILES])
        for (deed, expected), survived in zip(FILES, survivors):
            with self.subTest(deed=deed):
                seen = self.files(survived)
                self.assertEqual([file[:2] for file in seen], [file[:2] for file in expected])
                for (_, _, bytes), (_, _, wanted) in zip(seen, expected):
                    self.assertEqual(bytes if wanted is not None else None, wanted)
                self.assertEqual(survived.get("descriptors", []), [])


if __name__ == "__main__":
    main()
