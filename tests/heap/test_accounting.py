"""The heap's books against what the victims know: blocks, bytes, sites, of every window, whatever the program does."""

from heap_case import ALLOCATORS, LIBRARY, HeapCase, functions, main, sites_of, survived_heap


class Doors(HeapCase):
    """malloc and its kin, over the C library's allocator and over the others that programs link."""

    def check_over_all(self, victim, *arguments):
        runs = []
        for allocator in ALLOCATORS:
            with self.subTest(allocator=allocator):
                runs.append(self.check(victim, *arguments, program="heap_victims" + allocator))
        return runs

    def assert_clean_twin(self, watched):
        """The first window leaks, the second one frees it, the third one does both."""
        self.assertNotEqual(watched.truth[0]["heap"], {})
        for window, truth in list(zip(watched.windows, watched.truth))[1:3]:
            self.assertEqual(truth["heap"], {})
            self.assertEqual(survived_heap(window), {"blocks": 0, "bytes": 0})

    def test_reallocation(self):
        runs = self.check_over_all("reallocation")
        for watched in runs:
            self.assert_clean_twin(watched)
        self.assertGreater(runs[0].truth[0]["facts"]["moved"], 0)

    def test_failing(self):
        for watched in self.check_over_all("failing"):
            self.assert_clean_twin(watched)

    def test_alignment(self):
        for watched in self.check_over_all("alignment"):
            self.assert_clean_twin(watched)

    def test_pvalloc(self):
        for program in ("heap_victims", "heap_victims_tcmalloc"):
            with self.subTest(program=program):
                self.assert_clean_twin(self.check("alignment", "pvalloc", program=program))

    def test_zero_sizes(self):
        for watched in self.check_over_all("zero_sizes"):
            self.assert_clean_twin(watched)

    def test_usable_size(self):
        for watched in self.check_over_all("usable_size"):
            self.assert_clean_twin(watched)

    def test_operators(self):
        for watched in self.check_over_all("operators"):
            self.assertEqual(survived_heap(watched.windows[1]), {"blocks": 0, "bytes": 0})

    def test_born_before_the_library(self):
        self.check("born_before_the_library")

    def test_ignored_blocks(self):
        self.check("ignored_blocks", live=False)

    def test_born_before_watching(self):
        self.check_over_all("born_before_watching")

    def test_ages(self):
        self.check_over_all("ages")

    def test_a_thousand_windows(self):
        self.check("survivors_of_a_thousand_windows")

    def test_over_preloaded_allocators(self):
        for allocator in ("libjemalloc.so.2", "libtcmalloc_minimal.so.4"):
            with self.subTest(allocator=allocator):
                self.check("zero_sizes", env={"LD_PRELOAD": f"{LIBRARY}:{allocator}"})
                self.check("reallocation", env={"LD_PRELOAD": f"{LIBRARY}:{allocator}"})

    def test_between_windows(self):
        watched = self.check("between_windows")
        self.assertEqual(len(watched.windows), 3)


class ManyBlocks(HeapCase):
    BLOCKS = 10_000_000  # about 500 MB with the books

    def test_ten_million_live_blocks(self):
        watched = self.check("many_live_blocks", self.BLOCKS)
        full, empty = watched.windows
        self.assertEqual(survived_heap(full)["blocks"], self.BLOCKS)
        self.assertEqual(survived_heap(full)["bytes"], self.BLOCKS * 24)
        before = watched.reports[0]["cleanslate"]
        self.assertEqual(before["type"], "init")
        self.assertLess(empty["cleanslate"]["live"].get("heapBlocks", 0), 1000)
        # 8 bytes of ours for each 32 of the heap's, and little besides.
        ours = full["cleanslate"]["cost"]["trackingBytes"]
        self.assertLess(ours, self.BLOCKS * 8 * 1.1 + (64 << 20))


class Threads(HeapCase):
    def check_over_all(self, victim):
        for allocator in ALLOCATORS:
            with self.subTest(allocator=allocator):
                self.check(victim, program="heap_victims" + allocator)

    def test_freed_by_another_thread(self):
        self.check_over_all("freed_by_another_thread")

    def test_blocks_of_dead_threads(self):
        self.check_over_all("blocks_of_dead_threads")

    def test_last_frees_of_a_thread(self):
        self.check_over_all("last_frees_of_a_thread")

    def test_sixty_four_threads(self):
        self.check_over_all("sixty_four_threads")

    def test_thousands_of_short_threads(self):
        watched = self.check("thousands_of_short_threads", 5000)
        few = self.check("thousands_of_short_threads", 50)
        # The state of a dead thread is taken over: a hundred times the threads cost no more memory.
        tracking = [run.windows[-1]["cleanslate"]["cost"]["trackingBytes"] for run in (few, watched)]
        self.assertLess(tracking[1], tracking[0] * 1.5)


    def assert_balance_around(self, watched):
        """In the first window and the last two nobody works."""
        self.assert_live(*zip(*[(watched.windows[i], watched.truth[i]) for i in (0, -2, -1)]))
        self.assertGreater(watched.truth[-2]["live"][0], 0)

    def test_forks_under_load(self):
        watched = self.watch("forks_under_load", 50)
        self.assertEqual(len(watched.windows), 3)
        self.assertEqual(len({report["cleanslate"]["pid"] for report in watched.reports}), 1)
        self.assert_balance_around(watched)

    def test_windows_close_under_load(self):
        windows = 500
        watched = self.watch("windows_close_under_load", windows)
        self.assertEqual(len(watched.windows), windows + 3)
        self.assert_balance_around(watched)
        for window in watched.windows:
            self.assertGreaterEqual(window["cleanslate"]["live"].get("heapBlocks", 0), 0)
            self.assertTrue(all(site["blocks"] > 0 and site["bytes"] > 0 for site in sites_of(window)))
        self.assertEqual(survived_heap(watched.windows[-1]), {"blocks": 0, "bytes": 0})


class Processes(HeapCase):
    def test_child_that_frees_the_parents_blocks(self):
        watched = self.check("forked_child_frees_all")
        self.assertEqual(len({report["cleanslate"]["pid"] for report in watched.reports}), 1)

    def test_child_that_is_watched_itself(self):
        watched = self.watch("forked_child_has_its_own_windows")
        for pid in {truth["pid"] for truth in watched.truth}:
            windows = [window for window in watched.windows if window["cleanslate"]["pid"] == pid]
            truths = [truth for truth in watched.truth if truth["pid"] == pid]
            self.assertEqual(len(windows), 2)
            self.assert_window_by_window(windows, truths)
            for window in windows:
                self.assertGreaterEqual(window["cleanslate"]["live"].get("heapBlocks", 0), 0)

    def test_exit_report_is_the_parents(self):
        watched = self.watch(
            "forked_child_of_a_process_that_is_always_watched", env={"CLEANSLATE": "always"}
        )
        self.assertEqual([report["cleanslate"]["type"] for report in watched.reports], ["init", "exit"])
        left = watched.reports[1]
        mine = [site for site in sites_of(left) if functions(site)[0] == "process_malloc"]
        self.assertEqual(
            [(site["blocks"], site["bytes"]) for site in mine], [(300, sum(range(30, 330)))]
        )


if __name__ == "__main__":
    main()
