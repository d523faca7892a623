"""The stack of every survivor against what the victim knows of its way to malloc: function by function up to `main`, or
said to be cut."""

from heap_case import CUT, ELSEWHERE, HeapCase, by_chain, chain, functions, is_the_victims, main, sites_of, survived_heap


class Callers(HeapCase):
    def test_two_callers_of_one_function(self):
        watched = self.check("two_callers_of_one_function")
        self.assertEqual(survived_heap(watched.windows[1]), {"blocks": 0, "bytes": 0})

    def test_two_callers_further_out(self):
        watched = self.check("two_callers_further_out")
        # Two calls in one function are two sites.
        twice = [site["bytes"] for site in sites_of(watched.windows[0]) if "way_twice" in functions(site)]
        self.assertEqual(sorted(twice), [1000 * 30, 1000 * 31])

    def test_every_path(self):
        watched = self.check("every_path_of_six_turns")
        self.assertEqual(len(watched.truth[0]["heap"]), 64)


    def test_more_sites_than_are_listed(self):
        """The totals are of all; listed are the largest, and the others are counted."""
        [window] = self.watch("more_sites_than_are_listed").windows
        sizes = [1000 + path for path in range(512)]
        self.assertEqual(survived_heap(window), {"blocks": len(sizes), "bytes": sum(sizes)})
        sites = sites_of(window)
        self.assertEqual(window["cleanslate"]["leftOut"]["heap.sites"], len(sizes) - len(sites))
        self.assertGreaterEqual(len(sites), 100)
        self.assertEqual([site["bytes"] for site in sites], sorted(sizes, reverse=True)[: len(sites)])
        for site in sites:
            path = site["bytes"] - 1000
            turns = ["path_right" if path >> turn & 1 else "path_left" for turn in reversed(range(9))]
            self.assertEqual(functions(site)[:10], ["meeting_point"] + turns)


class Frames(HeapCase):
    def test_alloca_and_realigned_stacks(self):
        self.check("unusual_frames")

    def test_with_and_without_frame_pointers(self):
        self.check("with_and_without_frame_pointers")

    def test_frames_that_balance_each_other(self):
        self.check("frames_that_balance_each_other")

    def test_tail_calls(self):
        self.check("tail_calls")

    def test_calls_that_never_return(self):
        self.check("calls_that_never_return")

    def test_exceptions(self):
        self.check("exceptions")

    def test_recursion_of_ten_thousand_frames(self):
        [window] = self.watch("deep_recursion", 10000).windows
        sites = list(filter(is_the_victims, sites_of(window)))
        self.assertEqual([site["blocks"] for site in sites], [20])
        [names] = map(functions, sites)
        self.assertEqual((names[0], names[-1]), ("meeting_point", CUT))
        self.assertEqual(set(names[1:-1]), {"recurse"})
        self.assertGreater(len(names), 100)

    def test_recursion_within_limits(self):
        [window] = self.watch("deep_recursion", 200).windows
        found = by_chain(filter(is_the_victims, sites_of(window)))
        expected = {
            " ".join(["meeting_point"] + ["recurse"] * (depth + 1) + ["deep_recursion", "main"]): [10, 1230]
            for depth in (200, 201)
        }
        self.assertEqual(found, expected)


class OtherStacks(HeapCase):
    def test_signal_frames(self):
        self.check("signal_frames")

    def test_signal_at_the_first_instruction(self):
        self.check("signal_at_the_first_instruction")

    def test_handler_allocates_while_a_call_waits(self):
        watched = self.watch("handler_allocates_while_a_call_waits")
        [window], [truth] = watched.windows, watched.truth
        self.assert_books(window, truth)
        mine = list(filter(is_the_victims, sites_of(window)))
        self.assertEqual({tuple(functions(site)[:2]) for site in mine}, {("switched_leaf", "interrupts")})
        self.assertTrue(all(chain(site).endswith(" handler_allocates_while_a_call_waits main") for site in mine))

    def test_alternate_signal_stack(self):
        self.check("alternate_signal_stack")

    def test_signal_in_code_without_unwind_information(self):
        self.check("signal_in_code_without_unwind_information")

    def test_threads_inherit_a_stack(self):
        self.check("threads_inherit_a_stack")

    def test_ucontext_coroutines(self):
        """Nothing describes where a coroutine begins: its outer end may be called cut. What is before it may not differ."""
        watched = self.watch("ucontext_coroutines")
        [window], [truth] = watched.windows, watched.truth
        self.assert_books(window, truth)
        found = by_chain(filter(is_the_victims, sites_of(window)))
        self.assertEqual({way.removesuffix(f" {ELSEWHERE} {CUT}"): sums for way, sums in found.items()}, truth["heap"])

    def test_stack_switched_by_hand(self):
        self.check("stack_switched_by_hand")

    def test_sixteen_kilobytes_of_stack(self):
        self.check("sixteen_kilobytes_of_stack")

    def test_another_stack_at_the_same_place(self):
        self.check("stack_is_unmapped_and_another_takes_its_place", live=False)

    def test_code_without_unwind_information(self):
        self.check("code_without_unwind_information")


class Modes(HeapCase):
    def test_full(self):
        self.check("some_chains", env={"CLEANSLATE_STACKS": "full"})

    def test_caller(self):
        watched = self.watch("some_chains", env={"CLEANSLATE_STACKS": "caller"})
        for window, truth in zip(watched.windows, watched.truth, strict=True):
            self.assert_books(window, truth)
            callers = {}
            for way, (blocks, size) in truth["heap"].items():
                sums = callers.setdefault(way.split()[0], [0, 0])
                callers[way.split()[0]] = [sums[0] + blocks, sums[1] + size]
            self.assertEqual(by_chain(filter(is_the_victims, sites_of(window))), callers)
            self.assertEqual({len(site["where"]) for site in sites_of(window)}, {1})
        self.assert_live(watched.windows, watched.truth)

    def test_off(self):
        watched = self.watch("some_chains", env={"CLEANSLATE_STACKS": "off"})
        for window, truth in zip(watched.windows, watched.truth, strict=True):
            blocks, size = (sum(sums[i] for sums in truth["heap"].values()) for i in (0, 1))
            self.assertEqual(survived_heap(window), {"blocks": blocks, "bytes": size})
            self.assertEqual([functions(site) for site in sites_of(window)], [[]])
        self.assert_live(watched.windows, watched.truth)


if __name__ == "__main__":
    main()
