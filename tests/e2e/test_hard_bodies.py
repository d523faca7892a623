"""Bodies that are large, or look like requests; errors; freezes: the responses of a plain run, and the right windows."""

import json

from harness import BASH_RUNTIME, CLIENTS, Case, Faults, main

SIX_MEGABYTES = json.dumps("x" * (6 * 1000 * 1000)).encode()
ALL_FAULTS = Faults(dribble=True, lower_case=True, close=True, chunked=True)


class HardBodies(Case):
    def check(self, events, faults=Faults(), **more):
        for name, command in CLIENTS.items():
            with self.subTest(client=name):
                watched = self.drive(command, events, faults, env=self.own_tmp(), **more)
                self.assert_one_window_an_invocation(watched.reports, watched.handed_out)
                plain = self.drive(command, events, faults, preload=False)
                self.assertEqual(describe(watched.answers), describe(plain.answers))
                self.assertEqual(len(watched.answers), len(events))

    def test_six_megabytes(self):
        self.check([SIX_MEGABYTES] * 3)

    def test_six_megabytes_over_a_bad_wire(self):
        self.check([SIX_MEGABYTES] * 2, ALL_FAULTS)

    def test_event_and_response_that_read_like_requests(self):
        text = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"
        self.check([b'"poll"', json.dumps(text).encode(), b'"poll"', json.dumps(text * 2000).encode()])

    def test_handler_errors(self):
        self.check([b'"fail"', b"{}", b'"fail"', b'"fail"', b"{}"])

    def test_handler_errors_over_a_bad_wire(self):
        self.check([b'"fail"', b"{}"] * 2, ALL_FAULTS)

    def test_frozen_between_invocations(self):
        self.check([b"{}"] * 5, freeze=True)

    def test_empty_and_odd_events(self):
        self.check([b"null", b"0", b'""', b"[]", b'"\\u0000\\ud83d\\ude00"'])


class BashRuntime(Case):
    """Its curl children speak to the Runtime API, each for one request: nothing to watch, and nothing may change."""

    def check(self, events, faults=Faults()):
        watched = self.drive(BASH_RUNTIME, events, faults, env=self.own_tmp())
        plain = self.drive(BASH_RUNTIME, events, faults, preload=False)
        self.assertEqual(describe(watched.answers), describe(plain.answers))
        self.assertEqual(watched.stderr, plain.stderr)
        self.assertEqual(watched.stdout, plain.stdout)
        self.assertEqual(watched.reports, [])

    def test_small(self):
        self.check([b'{"number":1}', b'"fail"', b'"poll"', b"{}"])

    def test_bad_wire(self):
        self.check([b'{"number":1}', b'"fail"', b'"poll"', b"{}"], ALL_FAULTS)

    def test_six_megabytes(self):
        self.check([SIX_MEGABYTES])


def describe(answers):
    """Comparable, and readable when they differ."""
    return [
        (answer.request_id, answer.kind, len(answer.body), hash(answer.body), answer.body[:200])
        for answer in answers
    ]


if __name__ == "__main__":
    main()
