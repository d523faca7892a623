// The allocator's doors, one after the other. Each window is followed by its clean twin, which does the same
// and frees all: nothing survives it.

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <initializer_list>
#include <new>

#include "cleanslate/annotate.h"
#include "heap_victim.h"

using heap::BeginWindow;
using heap::Born;
using heap::Drop;
using heap::EndWindow;
using heap::Fail;
using heap::Free;
using heap::Keep;
using heap::Opaque;

namespace {

// What a window means to keep; its clean twin frees it before the end.
class Kept {
 public:
  Born& operator+=(const Born& block) {
    if (count_ == kMost) Fail("too many blocks");
    return blocks_[count_++] = block;
  }
  void FreeAll() {
    while (count_ > 0) Free(blocks_[--count_]);
  }

 private:
  static constexpr int kMost = 20000;
  Born blocks_[kMost];
  int count_ = 0;
};

Kept kept;

}  // namespace

// A leaking window, a window that frees it and leaks nothing, a window that does all of it: only the first
// one keeps anything.
NAMED void twice(void (*work)()) {
  BeginWindow();
  work();
  EndWindow();

  BeginWindow();
  kept.FreeAll();
  EndWindow();

  BeginWindow();
  work();
  kept.FreeAll();
  EndWindow();
}

NAMED void* by_malloc(size_t size) {
  return malloc(Opaque(size));
}
NAMED void* by_calloc(size_t count, size_t size) {
  return calloc(Opaque(count), Opaque(size));
}
NAMED void* by_realloc(void* block, size_t size) {
  return realloc(Opaque(block), Opaque(size));
}
NAMED void* by_reallocarray(void* block, size_t count, size_t size) {
  return reallocarray(Opaque(block), Opaque(count), size);
}
NAMED void* by_memalign(size_t alignment, size_t size) {
  return memalign(alignment, Opaque(size));
}
NAMED void* by_aligned_alloc(size_t alignment, size_t size) {
  return aligned_alloc(alignment, Opaque(size));
}
NAMED void* by_posix_memalign(size_t alignment, size_t size) {
  void* block = nullptr;
  return posix_memalign(&block, alignment, Opaque(size)) == 0 ? block : nullptr;
}
NAMED void* by_valloc(size_t size) {
  return valloc(Opaque(size));
}
NAMED void* by_pvalloc(size_t size) {
  return pvalloc(Opaque(size));
}

NAMED void reallocations() {
  // From nothing; down and up in place; the same size.
  kept += Keep("by_realloc reallocations twice reallocation main", by_realloc(nullptr, 61), 61);
  Born block = Keep("by_malloc reallocations twice reallocation main", by_malloc(4000), 4000);
  for (const size_t size : {size_t{3000}, size_t{3000}, size_t{3999}, size_t{40}}) {
    Drop(block);
    block = Keep("by_realloc reallocations twice reallocation main", by_realloc(block.address, size), size);
  }
  kept += block;

  // Moved: the next block is in the way.
  long moved = 0;
  for (int i = 0; i < 100; ++i) {
    block = Keep("by_malloc reallocations twice reallocation main", by_malloc(1000), 1000);
    const Born fence = Keep("by_malloc reallocations twice reallocation main", by_malloc(1000), 1000);
    const auto before = reinterpret_cast<uintptr_t>(block.address);
    Drop(block);
    block = Keep("by_realloc reallocations twice reallocation main", by_realloc(block.address, 50000), 50000);
    moved += reinterpret_cast<uintptr_t>(block.address) != before;
    Free(fence);
    kept += block;
  }
  heap::Fact("moved", moved);

  // Large blocks: a region of its own that the kernel moves.
  block =
      Keep("by_malloc reallocations twice reallocation main", by_malloc(size_t{3} << 20), size_t{3} << 20);
  for (const size_t size : {size_t{40} << 20, size_t{5} << 20, size_t{64} << 20}) {
    Drop(block);
    block = Keep("by_realloc reallocations twice reallocation main", by_realloc(block.address, size), size);
  }
  kept += block;

  block = Keep("by_malloc reallocations twice reallocation main", by_malloc(5), 5);
  Drop(block);
  kept += Keep("by_reallocarray reallocations twice reallocation main", by_reallocarray(block.address, 31, 3),
               93);
}

HEAP_VICTIM(reallocation) {
  twice(reallocations);
  return 0;
}

// What failed changed nothing: the old block is alive where it was born.
NAMED void failures() {
  const Born block = Keep("by_malloc failures twice failing main", by_malloc(71), 71);
  memset(block.address, 0x5a, block.bytes);
  const size_t impossible = SIZE_MAX / 2;
  if (by_realloc(block.address, impossible) != nullptr) Fail("realloc");
  if (by_reallocarray(block.address, impossible, 3) != nullptr) Fail("reallocarray");
  if (by_malloc(impossible) != nullptr) Fail("malloc");
  if (by_calloc(impossible, 4) != nullptr) Fail("calloc overflowed");
  if (by_calloc(size_t{1} << 33, size_t{1} << 33) != nullptr) Fail("calloc overflowed to 4");
  if (by_memalign(64, impossible) != nullptr) Fail("memalign");
  if (by_aligned_alloc(64, impossible) != nullptr) Fail("aligned_alloc");
  if (by_posix_memalign(64, impossible) != nullptr) Fail("posix_memalign");
  if (by_posix_memalign(3, 100) != nullptr) Fail("posix_memalign with an impossible alignment");
  if (by_valloc(impossible) != nullptr) Fail("valloc");
  for (size_t i = 0; i < block.bytes; ++i) {
    if (static_cast<char*>(block.address)[i] != 0x5a) Fail("a block that stays was changed");
  }
  kept += block;
}

HEAP_VICTIM(failing) {
  twice(failures);
  // A block of an earlier window that stays isn't this window's.
  BeginWindow();
  Born old = Keep("by_malloc failing main", by_malloc(500), 500);
  EndWindow();
  BeginWindow();
  Drop(old);
  if (by_realloc(old.address, SIZE_MAX / 2) != nullptr) Fail("realloc");
  heap::KeepAgain(old);
  EndWindow();
  BeginWindow();
  Free(old);
  EndWindow();
  return 0;
}

static bool with_pvalloc = false;

NAMED void alignments() {
  for (size_t alignment = 16; alignment <= 65536; alignment *= 4) {
    kept += Keep("by_memalign alignments twice alignment main", by_memalign(alignment, 201), 201);
    kept += Keep("by_aligned_alloc alignments twice alignment main",
                 by_aligned_alloc(alignment, 2 * alignment), 2 * alignment);
    kept += Keep("by_posix_memalign alignments twice alignment main", by_posix_memalign(alignment, 303), 303);
    Free(Keep("by_posix_memalign alignments twice alignment main", by_posix_memalign(alignment, 7), 7));
  }
  kept += Keep("by_valloc alignments twice alignment main", by_valloc(404), 404);
  // jemalloc has none: the C library's would answer, with a block that jemalloc can't free.
  if (with_pvalloc) kept += Keep("by_pvalloc alignments twice alignment main", by_pvalloc(505), 505);
  // One that is aligned can be reallocated.
  const Born block = Keep("by_memalign alignments twice alignment main", by_memalign(4096, 900), 900);
  Drop(block);
  kept += Keep("by_realloc alignments twice alignment main", by_realloc(block.address, 9000), 9000);
}

HEAP_VICTIM(alignment) {
  with_pvalloc = argc > 0 && strcmp(argv[0], "pvalloc") == 0;
  twice(alignments);
  return 0;
}

// Blocks of no bytes are blocks; realloc to nothing frees.
NAMED void zeroes() {
  for (int i = 0; i < 100; ++i) {
    kept += Keep("by_malloc zeroes twice zero_sizes main", by_malloc(0), 0);
    kept += Keep("by_calloc zeroes twice zero_sizes main", by_calloc(0, 8), 0);
    kept += Keep("by_calloc zeroes twice zero_sizes main", by_calloc(8, 0), 0);
    if (void* empty = by_realloc(nullptr, 0); empty != nullptr) {
      kept += Keep("by_realloc zeroes twice zero_sizes main", empty, 0);
    }
  }
  free(Opaque(static_cast<void*>(nullptr)));
  const Born block = Keep("by_malloc zeroes twice zero_sizes main", by_malloc(64), 64);
  Drop(block);
  // Frees, and gives nothing or, with other allocators, a block of no bytes.
  if (void* rest = by_realloc(block.address, 0); rest != nullptr) {
    kept += Keep("by_realloc zeroes twice zero_sizes main", rest, 0);
  }
}

HEAP_VICTIM(zero_sizes) {
  twice(zeroes);
  return 0;
}

// Counted is what was asked for, although all of what there is may be used.
NAMED void usable() {
  for (size_t size = 1; size < 3000; size += 7) {
    const Born block = Keep("by_malloc usable twice usable_size main", by_malloc(size), size);
    const size_t all = malloc_usable_size(block.address);
    if (all < size) Fail("less than asked for can be used");
    memset(block.address, 0x7f, all);
    kept += block;
  }
}

HEAP_VICTIM(usable_size) {
  twice(usable);
  return 0;
}

NAMED void* by_new() {
  return new char[200];
}
NAMED void* by_aligned_new() {
  return ::operator new(384, std::align_val_t(128));
}
NAMED void* by_nothrow_new() {
  return ::operator new(400, std::nothrow);
}
NAMED long* by_new_of_one() {
  return new long(5);
}
NAMED void by_deletes(void* array, void* aligned, void* nothrow, long* one) {
  delete[] static_cast<char*>(array);
  ::operator delete(aligned, std::align_val_t(128));
  ::operator delete(nothrow, std::nothrow);
  delete one;
}

// operator new and delete belong to the program's own allocator where it brings one.
HEAP_VICTIM(operators) {
  constexpr int kRounds = 50;
  static Born arrays[kRounds], aligned[kRounds], nothrow[kRounds], ones[kRounds];
  for (int window = 0; window < 3; ++window) {
    BeginWindow();
    for (int i = 0; i < kRounds; ++i) {
      if (window != 1) {
        arrays[i] = Keep("by_new operators main", Opaque(by_new()), 200);
        aligned[i] = Keep("by_aligned_new operators main", Opaque(by_aligned_new()), 384);
        nothrow[i] = Keep("by_nothrow_new operators main", Opaque(by_nothrow_new()), 400);
        ones[i] = Keep("by_new_of_one operators main", Opaque(by_new_of_one()), sizeof(long));
      }
      if (window == 0) continue;  // a leak; then its end; then the clean twin
      for (const Born* block : {&arrays[i], &aligned[i], &nothrow[i], &ones[i]}) Drop(*block);
      by_deletes(arrays[i].address, aligned[i].address, nothrow[i].address,
                 static_cast<long*>(ones[i].address));
    }
    EndWindow();
  }
  return 0;
}

// Blocks from before any constructor, the library's own too.
namespace {

void* before_everything[3];

void BeforeConstructors(int, char**, char**) {
  for (void*& block : before_everything) {
    block = malloc(100);
    if (block != nullptr) memset(block, 0x33, 100);
  }
}

__attribute__((section(".preinit_array"), used)) void (*const preinit)(int, char**,
                                                                       char**) = BeforeConstructors;

}  // namespace

HEAP_VICTIM(born_before_the_library) {
  BeginWindow();
  free(before_everything[0]);
  kept += Keep("by_realloc born_before_the_library main", by_realloc(before_everything[1], 5000), 5000);
  const Born freed =
      Keep("by_realloc born_before_the_library main", by_realloc(before_everything[2], 600), 600);
  for (int i = 0; i < 100; ++i) {
    if (static_cast<char*>(freed.address)[i] != 0x33) Fail("realloc lost the contents");
  }
  Free(freed);
  EndWindow();
  BeginWindow();
  kept.FreeAll();
  EndWindow();
  return 0;
}

// What is allocated between these two is in no report; what is freed there leaves the books.
HEAP_VICTIM(ignored_blocks) {
  BeginWindow();
  const Born old = Keep("by_malloc ignored_blocks main", by_malloc(111), 111);
  const Born grown = Keep("by_malloc ignored_blocks main", by_malloc(222), 222);
  EndWindow();
  BeginWindow();
  const Born born_here = Keep("by_malloc ignored_blocks main", by_malloc(333), 333);
  CLEANSLATE_IGNORE_BEGIN();
  CLEANSLATE_IGNORE_BEGIN();
  void* const ignored = by_malloc(444);
  CLEANSLATE_IGNORE_END();
  void* const also_ignored = by_calloc(5, 111);
  Free(old);
  Free(born_here);
  heap::Drop(grown);
  void* const grown_ignored = by_realloc(grown.address, 6666);
  CLEANSLATE_IGNORE_END();
  free(also_ignored);
  const Born seen_again = Keep("by_realloc ignored_blocks main", by_realloc(ignored, 7777), 7777);
  kept += Keep("by_malloc ignored_blocks main", by_malloc(888), 888);
  EndWindow();
  BeginWindow();
  Free(seen_again);
  free(grown_ignored);
  kept.FreeAll();
  EndWindow();
  return 0;
}

HEAP_VICTIM(born_before_watching) {
  constexpr int kBlocks = 1000;
  static Born blocks[kBlocks];
  for (int i = 0; i < kBlocks; ++i) {
    blocks[i] =
        Keep("by_malloc born_before_watching main", by_malloc(size_t{20} + i % 50), size_t{20} + i % 50);
  }
  BeginWindow();
  for (int i = 0; i < 400; ++i) free(blocks[i].address);
  EndWindow();
  // Moved or not, what realloc gives back is born here.
  BeginWindow();
  for (int i = 400; i < 600; ++i) {
    blocks[i] = Keep("by_realloc born_before_watching main", by_realloc(blocks[i].address, 300), 300);
  }
  EndWindow();
  // A failing realloc makes nobody's block anybody's.
  BeginWindow();
  for (int i = 600; i < 700; ++i) {
    if (by_realloc(blocks[i].address, SIZE_MAX / 2) != nullptr) Fail("realloc");
  }
  EndWindow();
  BeginWindow();
  for (int i = 400; i < 600; ++i) Free(blocks[i]);
  for (int i = 600; i < kBlocks; ++i) free(blocks[i].address);
  EndWindow();
  return 0;
}

// A block of window 3 that is freed in window 9 leaves the live numbers, and isn't window 9's affair.
HEAP_VICTIM(ages) {
  constexpr int kWindows = 12;
  constexpr int kEach = 10;
  static Born blocks[kWindows + 1][kEach];
  for (int window = 1; window <= kWindows; ++window) {
    BeginWindow();
    for (Born& block : blocks[window]) {
      block = Keep("by_malloc ages main", by_malloc(size_t{100} + window), size_t{100} + window);
    }
    if (window > 6) {
      for (int i = 0; i < kEach - 1; ++i) Free(blocks[window - 6][i]);
    }
    // The same address is born again, in this window.
    if (window % 2 == 0) {
      Free(blocks[window][0]);
      blocks[window][0] =
          Keep("by_calloc ages main", by_calloc(size_t{100} + window, 1), size_t{100} + window);
    }
    EndWindow();
  }
  return 0;
}

// Each frees what one before it left.
HEAP_VICTIM(survivors_of_a_thousand_windows) {
  static Born old[16];
  for (int window = 1; window <= 1000; ++window) {
    BeginWindow();
    Free(Keep("by_malloc survivors_of_a_thousand_windows main", by_malloc(30), 30));
    if (old[window % 16].address != nullptr) Free(old[window % 16]);
    old[window % 16] = Keep("by_malloc survivors_of_a_thousand_windows main", by_malloc(31), 31);
    EndWindow();
  }
  return 0;
}

// A linked list, so that the blocks need no second memory.
NAMED void* many_node() {
  return malloc(Opaque(size_t{24}));
}

HEAP_VICTIM(many_live_blocks) {
  const long count = argc > 0 ? atol(argv[0]) : 1000;
  BeginWindow();
  void** last = nullptr;
  for (long i = 0; i < count; ++i) {
    void** node = static_cast<void**>(many_node());
    if (node == nullptr) Fail("out of memory");
    *node = last;
    last = node;
  }
  heap::Count("many_node many_live_blocks main", count, count * 24);
  EndWindow();
  BeginWindow();
  while (last != nullptr) {
    void** next = static_cast<void**>(*last);
    free(last);
    last = next;
  }
  heap::CountFreed(count, count * 24);
  EndWindow();
  return 0;
}

// A window is from its begin to its end. What comes to be between two of them is neither's, but alive.
HEAP_VICTIM(between_windows) {
  BeginWindow();
  const Born inside = Keep("by_malloc between_windows main", by_malloc(100), 100);
  EndWindow();
  const Born between = {by_malloc(200), 200, "", -1};
  heap::CountFreed(-1, -200);
  BeginWindow();
  Free(inside);
  EndWindow();
  BeginWindow();
  heap::CountFreed(1, 200);
  free(between.address);
  EndWindow();
  return 0;
}
