"""Libraries that come and go, and code that takes the place of other code: books and names stay each one's own."""

from heap_case import HeapCase, functions, main, sites_of


class Libraries(HeapCase):
    def test_constructors_and_destructors(self):
        self.check("plugins_allocate_while_they_come_and_go", live=False)

    def test_another_at_the_same_place(self):
        watched = self.check("plugins_at_the_same_place_in_turn", live=False)
        self.assertGreater(watched.truth[-1]["facts"]["same_place"], 0)

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
