// bench_boundary SURVIVORS WINDOWS: closes so many windows, in each of which so many blocks survive, and
// prints of each how many nanoseconds its end took. The survivors come from 16 stacks; as much again is freed
// within the window, and before the first of them a hundred thousand blocks were alive already.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "cleanslate/annotate.h"

namespace {

using Blocks = std::vector<void*>;

std::size_t NextSize() {
  static std::uint32_t random = 1;
  random = random * 1664525u + 1013904223u;
  return 16 + (random >> 16) % 229;
}

template <int>
__attribute__((noinline, noclone)) void* Allocate() {
  void* block = std::malloc(NextSize());
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

template <int... kNumbers>
void AllocateAll(Blocks& blocks, std::integer_sequence<int, kNumbers...>) {
  constexpr void* (*kSites[])() = {&Allocate<kNumbers>...};
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = kSites[i % sizeof...(kNumbers)]();
}

void Fill(Blocks& blocks) {
  AllocateAll(blocks, std::make_integer_sequence<int, 16>());
}

void FreeAll(Blocks& blocks) {
  for (void* block : blocks) std::free(block);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_boundary SURVIVORS WINDOWS\n");
    return 2;
  }
  Blocks before(100'000);
  Fill(before);
  Blocks survivors(std::strtoul(argv[1], nullptr, 10));
  Blocks freed(survivors.size() + 1000);
  for (long windows = std::atol(argv[2]); windows > 0; --windows) {
    CLEANSLATE_WINDOW_BEGIN("bench");
    Fill(freed);
    Fill(survivors);
    FreeAll(freed);
    const auto start = std::chrono::steady_clock::now();
    CLEANSLATE_WINDOW_END();
    const auto took = std::chrono::steady_clock::now() - start;
    std::printf("%lld\n", static_cast<long long>(std::chrono::nanoseconds(took).count()));
    std::fflush(stdout);
    FreeAll(survivors);
  }
  FreeAll(before);
  return 0;
}
