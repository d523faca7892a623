// The allocator's corners.

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <wchar.h>

#include <initializer_list>
#include <new>
#include <vector>

#include "trap.h"

using trap::Say;

namespace {

// The compiler must neither see nor drop what is asked for here.
template <typename T>
T Opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

constexpr size_t kGiB = size_t{1} << 30;

}  // namespace

TRAP(sizes_above_two_gibibytes) {
  for (size_t size : {2 * kGiB, 3 * kGiB, 5 * kGiB}) {
    char* block = static_cast<char*>(malloc(size));
    Say("%d", block != nullptr && malloc_usable_size(block) >= size);
    if (block != nullptr) block[size - 1] = 1;
    char* grown = static_cast<char*>(realloc(block, size + kGiB));
    Say("%d", grown != nullptr && grown[size - 1] == 1);
    free(grown);
  }
  return 0;
}

TRAP(impossible_sizes) {
  char* block = static_cast<char*>(malloc(100));
  strcpy(block, "kept");
  void* aligned = nullptr;
  SAY_RESULT(malloc(Opaque(SIZE_MAX - 100)) == nullptr);
  SAY_RESULT(calloc(Opaque(SIZE_MAX / 2), 3) == nullptr);
  SAY_RESULT(realloc(Opaque(block), Opaque(SIZE_MAX - 100)) == nullptr);
  Say("block is %s", block);
  SAY_RESULT(reallocarray(Opaque(block), Opaque(SIZE_MAX / 2), 3) == nullptr);
  Say("block is %s", block);
  free(block);
  SAY_RESULT(posix_memalign(&aligned, Opaque(size_t{3}), 100));
  SAY_RESULT(posix_memalign(&aligned, 64, Opaque(SIZE_MAX - 1000)));
  SAY_RESULT(aligned_alloc(64, Opaque(SIZE_MAX - 1000)) == nullptr);
  SAY_RESULT(memalign(64, Opaque(SIZE_MAX - 1000)) == nullptr);
  SAY_RESULT(valloc(Opaque(SIZE_MAX - 1000)) == nullptr);
  SAY_RESULT(pvalloc(Opaque(SIZE_MAX - 1000)) == nullptr);
  SAY_RESULT(::operator new(Opaque(SIZE_MAX / 2), std::nothrow) == nullptr);
  return 0;
}

TRAP(errno_survives_success) {
  void* block = nullptr;
  SAY_RESULT((block = malloc(Opaque(size_t{100}))) != nullptr);
  SAY_RESULT((block = realloc(block, Opaque(size_t{10000}))) != nullptr);
  SAY_RESULT((block = realloc(block, Opaque(size_t{1} << 20))) != nullptr);
  SAY_RESULT((free(block), 0));
  SAY_RESULT((block = calloc(3, 5)) != nullptr);
  SAY_RESULT((free(block), 0));
  SAY_RESULT((block = malloc(Opaque(size_t{8} << 20))) != nullptr);
  SAY_RESULT((free(block), 0));
  SAY_RESULT(posix_memalign(&block, 64, 100));
  SAY_RESULT((free(block), 0));
  SAY_RESULT((block = strdup("text")) != nullptr);
  SAY_RESULT((free(block), 0));
  SAY_RESULT((free(nullptr), 0));
  SAY_RESULT((delete new int(3), 0));
  return 0;
}

TRAP(zero_and_null) {
  void* zero = malloc(Opaque(size_t{0}));
  Say("malloc(0) %d", zero != nullptr);
  Say("realloc(p, 0) %d", realloc(zero, Opaque(size_t{0})) == nullptr);
  void* fresh = realloc(nullptr, 10);
  Say("realloc(null) %d usable %d", fresh != nullptr, malloc_usable_size(fresh) >= 10);
  free(fresh);
  free(nullptr);
  Say("usable of null %zu", malloc_usable_size(nullptr));
  free(calloc(0, 10));
  return 0;
}

TRAP(alignments) {
  int wrong = 0;
  for (size_t alignment = sizeof(void*); alignment <= 1 << 20; alignment *= 2) {
    for (size_t size : {size_t{1}, size_t{100}, size_t{5000}, alignment, alignment * 3}) {
      void* block = nullptr;
      wrong +=
          posix_memalign(&block, alignment, size) != 0 || reinterpret_cast<uintptr_t>(block) % alignment != 0;
      memset(block, 1, size);
      block = realloc(block, size * 2);
      free(block);
      block = aligned_alloc(alignment, alignment * 2);
      wrong += reinterpret_cast<uintptr_t>(block) % alignment != 0;
      free(block);
      block = memalign(alignment, size);
      wrong += reinterpret_cast<uintptr_t>(block) % alignment != 0;
      free(block);
      block = ::operator new(size, std::align_val_t(alignment));
      wrong += reinterpret_cast<uintptr_t>(block) % alignment != 0;
      ::operator delete(block, std::align_val_t(alignment));
    }
  }
  void* page = valloc(10);
  wrong += reinterpret_cast<uintptr_t>(page) % 4096 != 0;
  free(page);
  page = pvalloc(10);
  wrong += reinterpret_cast<uintptr_t>(page) % 4096 != 0 || malloc_usable_size(page) < 4096;
  free(page);
  Say("%d wrong", wrong);
  return 0;
}

TRAP(usable_size_may_be_used) {
  int wrong = 0;
  for (size_t size = 1; size < 200000; size += size / 7 + 1) {
    char* block = static_cast<char*>(malloc(size));
    size_t usable = malloc_usable_size(block);
    wrong += usable < size;
    memset(block, 'u', usable);
    block = static_cast<char*>(realloc(block, usable + 5000));
    for (size_t i = 0; i < usable; ++i) wrong += block[i] != 'u';
    free(block);
  }
  Say("%d wrong", wrong);
  return 0;
}

TRAP(address_space_runs_out) {
  rlimit limit{size_t{400} << 20, size_t{400} << 20};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 1;
  std::vector<void*> blocks;
  blocks.reserve(1000);
  int error = 0;
  while (blocks.size() < 1000) {
    errno = 0;
    void* block = malloc(1 << 20);
    error = errno;
    if (block == nullptr) break;
    blocks.push_back(block);
  }
  Say("ran out %d errno %d", blocks.size() < 1000, error);
  for (void* block : blocks) free(block);
  void* again = malloc(1 << 20);
  Say("again %d", again != nullptr);
  free(again);
  return 0;
}

TRAP(mappings_move_and_split) {
  char* area =
      static_cast<char*>(mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  area[0] = 'a';
  area = static_cast<char*>(mremap(area, 1 << 20, 2 << 20, MREMAP_MAYMOVE));
  Say("%c", area[0]);
  SAY_RESULT(munmap(area + 4096, 4096));
  SAY_RESULT(munmap(area, 2 << 20));
  SAY_RESULT(mmap(nullptr, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
  SAY_RESULT(mremap(area, 4096, 8192, 0) == MAP_FAILED);
  return 0;
}

TRAP(library_calls_that_allocate) {
  char* line = nullptr;
  int length = asprintf(&line, "%s-%d", "text", 5);
  Say("%d %s", length, line != nullptr ? line : "nothing");
  free(line);
  line = realpath("/proc/../etc/./hostname", nullptr);
  Say("%s", line != nullptr ? line : "nothing");
  free(line);
  line = getcwd(nullptr, 0);
  Say("%d", line != nullptr);
  free(line);
  wchar_t* wide = wcsdup(L"wide");
  Say("%zu", wcslen(wide));
  free(wide);
  return 0;
}
