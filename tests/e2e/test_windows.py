"""Every warm invocation has its window, with its request id, under each client and each way of talking HTTP."""

import json

from harness import CLIENTS, Case, Faults, main

INVOCATIONS = 100

WIRES = {
    "plain": Faults(),
    "dribbled, lower-case": Faults(dribble=True, lower_case=True),
    "closed after each": Faults(close=True),
    "chunked": Faults(chunked=True),
    "all faults": Faults(dribble=True, lower_case=True, close=True, chunked=True),
}


class Windows(Case):
    def check(self, client, wire):
        events = [json.dumps({"number": number}).encode() for number in range(INVOCATIONS)]
        log = self.scratch / "requests"
        watched = self.drive(CLIENTS[client], events, WIRES[wire], env={"REQUEST_LOG": log} | self.own_tmp())
        seen = log.read_text().split()
        self.assertEqual(seen, watched.handed_out)
        self.assert_one_window_an_invocation(watched.reports, seen)
        self.assertEqual(
            [json.loads(answer.body)["number"] for answer in watched.answers], list(range(INVOCATIONS))
        )
        self.assert_silent(watched.reports)
        plain = self.drive(CLIENTS[client], events, WIRES[wire], preload=False)
        self.assertEqual(watched.answers, plain.answers)


def add_tests():
    for client in CLIENTS:
        for wire in WIRES:
            name = "test_" + "".join(c if c.isalnum() else "_" for c in f"{client} {wire}")
            setattr(Windows, name, lambda self, client=client, wire=wire: self.check(client, wire))


add_tests()

if __name__ == "__main__":
    main()
