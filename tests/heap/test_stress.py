"""64 threads at a heap for a minute: the books balance to the byte at every window's end, and to zero at the last.

VICTIM_STRESS_SECONDS: how long, 60 when it isn't set. VICTIM_STRESS_SEED: which random numbers.
"""

import collections
import os

from heap_case import HeapCase, by_chain, functions, is_the_victims, main, sites_of

SECONDS = float(os.environ.get("VICTIM_STRESS_SECONDS", 60))
SEED = int(os.environ.get("VICTIM_STRESS_SEED", 1))
TURNS = {"stress_left": "L", "stress_right": "R"}


def door_and_turns(site):
    """As the victim names its sites: the function that called the allocator, and the turns of the way there."""
    names = functions(site)
    return f"{names[0]} " + "".join(TURNS[name] for name in reversed(names) if name in TURNS)


def outer_frames(site):
    """What stands outside of the turns."""
    return [name for name in functions(site)[3:] if name not in TURNS and name != "stress_turn"]


class Stress(HeapCase):
    def check_stress(self, seconds, program="heap_victims", env=None):
        watched = self.watch("stress", seconds, SEED, program=program, env=env)
        self.assertEqual(
            [window["cleanslate"]["window"]["requestIds"] for window in watched.windows],
            [[truth["window"]] for truth in watched.truth],
        )
        self.assertGreater(len(watched.windows), 1)
        for window, truth in zip(watched.windows, watched.truth):
            self.assert_books(window, truth)
            mine = list(filter(is_the_victims, sites_of(window)))
            self.assertEqual(by_chain(mine, key=door_and_turns), truth["heap"], truth["window"])
            for site in mine:
                names = functions(site)
                self.assertEqual(names[1:3], ["stress_open", "stress_turn"])
                self.assertEqual(outer_frames(site)[:2], ["(anonymous namespace)::Allocate", "stress_thread"])
        self.assertEqual(watched.truth[-1]["live"], [0, 0])
        self.assertEqual(list(filter(is_the_victims, sites_of(watched.windows[-1]))), [])
        # Enough happened for all this to mean something.
        facts = watched.truth[-2]["facts"]
        self.assertGreater(facts["threads"], 64)
        self.assertGreater(len(watched.truth[0]["heap"]), 50)
        return watched

    def check_live(self, watched):
        """Beside the victim's blocks there are the C library's, for threads: few, and never fewer than none."""
        for window, truth in zip(watched.windows, watched.truth):
            live = window["cleanslate"]["live"]
            rest = live.get("heapBlocks", 0) - truth["live"][0]
            self.assertTrue(0 <= rest < 1000, rest)

    def test_a_minute(self):
        self.check_live(self.check_stress(SECONDS))

    def test_over_jemalloc(self):
        self.check_live(self.check_stress(SECONDS / 12, program="heap_victims_jemalloc"))

    def test_over_tcmalloc(self):
        self.check_live(self.check_stress(SECONDS / 12, program="heap_victims_tcmalloc"))

    def test_with_callers_only(self):
        watched = self.watch("stress", SECONDS / 20, SEED, env={"CLEANSLATE_STACKS": "caller"})
        for window, truth in zip(watched.windows, watched.truth, strict=True):
            self.assert_books(window, truth)
            doors = collections.defaultdict(lambda: [0, 0])
            for way, sums in truth["heap"].items():
                door = doors[way.split()[0]]
                door[:] = [door[0] + sums[0], door[1] + sums[1]]
            self.assertEqual(by_chain(filter(is_the_victims, sites_of(window))), doors)
        self.check_live(watched)


if __name__ == "__main__":
    main()
