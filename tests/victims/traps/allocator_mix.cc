// All doors of the allocator, from several threads, with checked contents. Built against the C library's
// malloc, jemalloc and tcmalloc; never linked statically, never dependent on one's rounding.

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

std::atomic<long> wrong{0};

char* Filled(void* block, size_t size) {
  memset(block, static_cast<int>(size & 0x7f), size);
  return static_cast<char*>(block);
}

void CheckAndFree(char* block, size_t size) {
  for (size_t i = 0; i < size; i += 13) wrong += block[i] != static_cast<char>(size & 0x7f);
  wrong += malloc_usable_size(block) < size;
  free(block);
}

void Mix(unsigned seed) {
  std::vector<std::pair<char*, size_t>> live;
  for (int i = 0; i < 20000; ++i) {
    seed = seed * 1664525U + 1013904223U;
    size_t size = 1 + (seed >> 8) % ((seed >> 28) == 0 ? 300000 : 2000);
    void* block = nullptr;
    switch ((seed >> 4) % 7) {
      case 0:
        block = malloc(size);
        break;
      case 1:
        block = calloc(1, size);
        break;
      case 2:
        block = memalign(128, size);
        break;
      case 3:
        if (posix_memalign(&block, 64, size) != 0) block = nullptr;
        break;
      case 4:
        block = ::operator new(size);
        ::operator delete(block);
        block = malloc(size);
        break;
      case 5:
        block = realloc(malloc(10), size);
        break;
      case 6:
        block = aligned_alloc(32, (size + 31) & ~size_t{31});
        break;
    }
    live.emplace_back(Filled(block, size), size);
    if (live.size() > 200) {
      size_t victim = (seed >> 12) % live.size();
      CheckAndFree(live[victim].first, live[victim].second);
      live[victim] = live.back();
      live.pop_back();
    }
  }
  for (auto& [block, size] : live) CheckAndFree(block, size);
}

}  // namespace

int main() {
  std::vector<std::thread> threads;
  for (unsigned id = 0; id < 4; ++id) threads.emplace_back(Mix, id * 77 + 1);
  for (std::thread& thread : threads) thread.join();
  std::printf("%ld wrong\n", wrong.load());
  return wrong != 0;
}
