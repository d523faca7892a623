#pragma once

// What every benchmark here times: blocks of 64 to 130 bytes, asked for and given back. A program times the
// allocator that it was started with, so the same one runs plain and preloaded.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace cleanslate::bench {

// Sizes that a branch predictor can't learn and that cost nothing to come by.
class BlockSizes {
 public:
  std::size_t Next() {
    state_ = state_ * 1664525u + 1013904223u;
    return 64 + (state_ >> 16) % 67;
  }

 private:
  std::uint32_t state_ = 1;
};

inline void Pair(std::size_t size) {
  void* block = std::malloc(size);
  benchmark::DoNotOptimize(block);
  std::free(block);
}

}  // namespace cleanslate::bench
