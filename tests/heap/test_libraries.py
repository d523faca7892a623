"""Libraries that come and go, and code that takes the place of other code: books and names stay each one's own."""

from heap_case import HeapCase, functions, main, sites_of


class Libraries(HeapCase):
    def test_constructors_and_destructors(self):
        self.check("plugins_allocate_while_they_come_and_go", live=False)

    def test_another_at_the_same_place(self):
        watched = self.check("plugins_at_the_same_place_in_turn", live=False)
        self.assertGreater(watched.truth[-1]["facts"]["same_place"], 0)

    def test_growth_of_another_at_the_same_place(self):
        """What a finding says of one plugin it says of that one's blocks alone, of all windows so far."""
        watched = self.watch("plugins_at_the_same_place_in_turn")
        alive = {"alfa": 0, "beta": 0}
        told = 0
        for window, truth in zip(watched.windows, watched.truth, strict=True):
            for plugin in alive:
                chain = f"{plugin}_allocates {plugin}_leaks plugins_at_the_same_place_in_turn main"
                alive[plugin] += truth["heap"].get(chain, [0])[0]
            for finding in window["cleanslate"].get("findings", []):
                names = functions(finding)
                for plugin in alive:
                    if finding["rule"] == "heap-growth" and f"{plugin}_leaks" in names:
                        told += 1
                        self.assertEqual(finding["count"], alive[plugin], finding["message"])
        self.assertGreater(told, 0)

    def test_new_library_in_many_threads(self):
        self.check("new_library_in_many_threads", live=False)

    def test_another_at_the_same_place_in_one_window(self):
        """Names of what is loaded no more may be missing. They must not be another's, and the counts must be each one's
        own."""
        watched = self.watch("plugins_at_the_same_place_in_one_window")
        self.assertGreater(watched.truth[-1]["facts"]["same_place"], 0)
        for window, truth in zip(watched.windows, watched.truth):
            for plugin in ("alfa", "beta"):
                named = [
                    site["blocks"]
                    for site in sites_of(window)
                    if f"{plugin}_leaks" in functions(site) or f"{plugin}_constructor" in functions(site)
                ]
                expected = sum(blocks for way, (blocks, _) in truth["heap"].items() if way.startswith(plugin))
                if plugin == "beta":
                    self.assertEqual(sum(named), expected, truth)
                else:
                    self.assertIn(sum(named), (0, expected))

    def test_code_is_replaced_at_one_place(self):
        watched = self.check("code_is_replaced_at_one_place", live=False)
        self.assertGreater(watched.truth[-1]["facts"]["same_place"], 0)


if __name__ == "__main__":
    main()
