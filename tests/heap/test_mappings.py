"""The victim's own mmap regions, by the stack that asked for them, whatever is cut out, laid over or moved."""

from heap_case import HeapCase, main, sites_of

MAPPINGS = {"CLEANSLATE_STATE": "heap,mappings"}


class Mappings(HeapCase):
    def test_come_and_go(self):
        watched = self.check("regions_come_and_go", env=MAPPINGS)
        self.assertEqual(sites_of(watched.windows[1], "mappings"), [])

    def test_lose_parts(self):
        self.check("regions_lose_parts", env=MAPPINGS)

    def test_are_mapped_over(self):
        self.check("regions_are_mapped_over", env=MAPPINGS)

    def test_are_resized(self):
        watched = self.check("regions_are_resized", env=MAPPINGS)
        self.assertGreater(watched.truth[0]["facts"]["moved"], 0)

    def test_from_before_watching(self):
        self.check("regions_from_before_watching", env=MAPPINGS)

    def test_refused_calls(self):
        self.check("refused_calls_leave_regions_alone", env=MAPPINGS)

    def test_refused_calls_over_two_regions(self):
        self.check("refused_calls_over_two_regions", env=MAPPINGS)

    def test_whole_pages(self):
        self.check("sizes_are_whole_pages", env=MAPPINGS)


if __name__ == "__main__":
    main()
