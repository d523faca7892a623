// Regions of the victim's own making, beside the heap: whole pages, by the function that called mmap or
// mremap.

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include <initializer_list>

#include "heap_victim.h"

using heap::BeginWindow;
using heap::Born;
using heap::DropMapping;
using heap::EndWindow;
using heap::Fail;
using heap::KeepMapping;

namespace {

constexpr size_t kPage = 4096;

char* At(const Born& region, size_t page) {
  return static_cast<char*>(region.address) + page * kPage;
}

void Unmap(void* start, size_t bytes) {
  if (munmap(start, bytes) != 0) Fail("munmap");
}

// All of a region that is whole.
void UnmapAll(const Born& region) {
  DropMapping(region, region.bytes, -1);
  Unmap(region.address, region.bytes);
}

}  // namespace

NAMED void* maps(size_t bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
NAMED void* maps_over(void* start, size_t bytes) {
  return mmap(start, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
NAMED void* remaps(void* start, size_t old_bytes, size_t bytes, int flags) {
  return mremap(start, old_bytes, bytes, flags);
}

HEAP_VICTIM(regions_come_and_go) {
  const char* const chain = "maps regions_come_and_go main";
  BeginWindow();
  const Born kept = KeepMapping(chain, maps(5 * kPage), 5 * kPage);
  UnmapAll(KeepMapping(chain, maps(7 * kPage), 7 * kPage));
  EndWindow();
  BeginWindow();  // clean, and an old one goes
  UnmapAll(kept);
  UnmapAll(KeepMapping(chain, maps(9 * kPage), 9 * kPage));
  EndWindow();
  return 0;
}

HEAP_VICTIM(regions_lose_parts) {
  const char* const chain = "maps regions_lose_parts main";
  BeginWindow();
  const Born front = KeepMapping(chain, maps(10 * kPage), 10 * kPage);
  DropMapping(front, 3 * kPage, 0);
  Unmap(front.address, 3 * kPage);
  const Born back = KeepMapping(chain, maps(10 * kPage), 10 * kPage);
  DropMapping(back, 4 * kPage, 0);
  Unmap(At(back, 6), 4 * kPage);
  const Born middle = KeepMapping(chain, maps(10 * kPage), 10 * kPage);
  DropMapping(middle, 2 * kPage, +1);
  Unmap(At(middle, 4), 2 * kPage);
  // Already gone: nothing changes.
  Unmap(At(middle, 4), 2 * kPage);
  EndWindow();
  BeginWindow();
  Unmap(At(front, 3), 7 * kPage);
  Unmap(back.address, 6 * kPage);
  Unmap(middle.address, 10 * kPage);  // both ends and the hole
  EndWindow();
  return 0;
}

HEAP_VICTIM(regions_are_mapped_over) {
  const char* const below = "maps regions_are_mapped_over main";
  const char* const above = "maps_over regions_are_mapped_over main";
  BeginWindow();
  const Born whole = KeepMapping(below, maps(6 * kPage), 6 * kPage);
  DropMapping(whole, 6 * kPage, -1);
  KeepMapping(above, maps_over(whole.address, 6 * kPage), 6 * kPage);

  const Born middle = KeepMapping(below, maps(9 * kPage), 9 * kPage);
  DropMapping(middle, 3 * kPage, +1);
  KeepMapping(above, maps_over(At(middle, 3), 3 * kPage), 3 * kPage);
  EndWindow();
  // In a later window: the piece is this window's, the rest isn't.
  BeginWindow();
  KeepMapping(above, maps_over(At(middle, 7), 1 * kPage), 1 * kPage);
  EndWindow();
  BeginWindow();
  Unmap(whole.address, 6 * kPage);
  Unmap(middle.address, 9 * kPage);
  EndWindow();
  return 0;
}

// Moved, grown or shrunk, a region is born anew where that was asked for, as realloc's block is.
HEAP_VICTIM(regions_are_resized) {
  const char* const mapped = "maps regions_are_resized main";
  const char* const remapped = "remaps regions_are_resized main";
  BeginWindow();
  Born region = KeepMapping(mapped, maps(8 * kPage), 8 * kPage);
  long moved = 0;
  for (const size_t pages : {size_t{3}, size_t{5}, size_t{400}, size_t{2}, size_t{9000}, size_t{6}}) {
    DropMapping(region, region.bytes, -1);
    void* const address = remaps(region.address, region.bytes, pages * kPage, MREMAP_MAYMOVE);
    moved += address != region.address;
    region = KeepMapping(remapped, address, pages * kPage);
  }
  // Only its second half is moved: the first one stays what it was.
  const Born halved = KeepMapping(mapped, maps(10 * kPage), 10 * kPage);
  DropMapping(halved, 5 * kPage, 0);
  const Born half =
      KeepMapping(remapped, remaps(At(halved, 5), 5 * kPage, 50 * kPage, MREMAP_MAYMOVE), 50 * kPage);
  heap::Fact("moved", moved);
  EndWindow();
  BeginWindow();
  UnmapAll(region);
  UnmapAll(half);
  Unmap(halved.address, 5 * kPage);
  EndWindow();
  return 0;
}

// What the kernel refuses changes nothing.
HEAP_VICTIM(refused_calls_leave_regions_alone) {
  const char* const chain = "maps refused_calls_leave_regions_alone main";
  BeginWindow();
  const Born region = KeepMapping(chain, maps(10 * kPage), 10 * kPage);
  EndWindow();
  BeginWindow();
  const Born other = KeepMapping(chain, maps(4 * kPage), 4 * kPage);
  if (munmap(At(region, 1) + 5, 2 * kPage) == 0 || errno != EINVAL) Fail("an odd address was unmapped");
  if (munmap(At(other, 1) + 5, 2 * kPage) == 0) Fail("an odd address was unmapped");
  if (remaps(At(region, 2), kPage, size_t{1} << 46, 0) != MAP_FAILED) Fail("there is no room for that");
  if (remaps(At(other, 0), 4 * kPage, size_t{1} << 46, MREMAP_MAYMOVE) != MAP_FAILED) Fail("nor for that");
  EndWindow();
  BeginWindow();
  Unmap(region.address, region.bytes);
  Unmap(other.address, other.bytes);
  EndWindow();
  return 0;
}

// Two regions of different births that lie side by side: a refused call over both must leave each what it
// was.
HEAP_VICTIM(refused_calls_over_two_regions) {
  const char* const first = "maps refused_calls_over_two_regions main";
  const char* const second = "maps_over refused_calls_over_two_regions main";
  BeginWindow();
  const Born left = KeepMapping(first, maps(8 * kPage), 8 * kPage);
  DropMapping(left, 4 * kPage, 0);
  const Born right = KeepMapping(second, maps_over(At(left, 4), 4 * kPage), 4 * kPage);
  if (munmap(At(left, 0) + 5, 7 * kPage) == 0) Fail("an odd address was unmapped");
  // mremap of what isn't one region is refused as well.
  if (mprotect(right.address, right.bytes, PROT_READ) != 0) Fail("mprotect");
  if (remaps(left.address, 8 * kPage, 16 * kPage, MREMAP_MAYMOVE) != MAP_FAILED)
    Fail("two regions moved as one");
  EndWindow();
  return 0;
}

// The kernel deals in pages: a region of half a page is a page, and one byte less of it is a page less.
HEAP_VICTIM(sizes_are_whole_pages) {
  const char* const chain = "maps sizes_are_whole_pages main";
  BeginWindow();
  const Born two = KeepMapping(chain, maps(kPage + 1), 2 * kPage);
  const Born three = KeepMapping(chain, maps(3 * kPage), 3 * kPage);
  DropMapping(three, kPage, 0);
  Unmap(At(three, 2), 1);
  const Born gone = KeepMapping(chain, maps(2 * kPage), 2 * kPage);
  DropMapping(gone, 2 * kPage, -1);
  Unmap(gone.address, 2 * kPage - 100);
  EndWindow();
  BeginWindow();
  Unmap(two.address, kPage + 1);
  Unmap(three.address, 3 * kPage);
  EndWindow();
  return 0;
}

// Regions that nobody saw being mapped are nobody's; what a window makes of them is its own.
HEAP_VICTIM(regions_from_before_watching) {
  void* const unmapped = maps(8 * kPage);
  const Born moved = {maps(8 * kPage), 8 * kPage};
  const Born covered = {maps(8 * kPage), 8 * kPage};
  BeginWindow();
  Unmap(unmapped, 8 * kPage);
  KeepMapping("remaps regions_from_before_watching main",
              remaps(moved.address, 8 * kPage, 500 * kPage, MREMAP_MAYMOVE), 500 * kPage);
  KeepMapping("maps_over regions_from_before_watching main", maps_over(At(covered, 2), 3 * kPage), 3 * kPage);
  EndWindow();
  BeginWindow();
  Unmap(covered.address, covered.bytes);
  EndWindow();
  return 0;
}
