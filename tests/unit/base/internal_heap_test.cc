#include "base/internal_heap.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace cleanslate {
namespace {

TEST(InternalHeap, BlocksAreAlignedApartAndReused) {
  InternalHeap heap;
  std::vector<char*> blocks;
  for (std::size_t bytes : {0u, 1u, 16u, 17u, 100u, 4000u, 60000u, 70000u, 1000000u}) {
    auto* block = static_cast<char*>(heap.Allocate(bytes));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 16, 0u);
    std::memset(block, 0x5a, bytes);
    blocks.push_back(block);
  }
  for (char* block : blocks) heap.Free(block);
  void* first = heap.Allocate(100);
  heap.Free(first);
  EXPECT_EQ(heap.Allocate(100), first);
}

TEST(InternalHeap, GivesLargeBlocksBackAtOnce) {
  InternalHeap heap;
  const std::size_t before = heap.mapped_bytes();
  void* block = heap.Allocate(std::size_t{10} << 20);
  EXPECT_GT(heap.mapped_bytes(), before + (std::size_t{10} << 20) - 1);
  heap.Free(block);
  EXPECT_EQ(heap.mapped_bytes(), before);
}

TEST(InternalHeap, RefusesBeyondItsLimit) {
  InternalHeap heap;
  EXPECT_EQ(heap.Allocate(InternalHeap::kLimitBytes), nullptr);
  EXPECT_EQ(heap.Allocate(SIZE_MAX), nullptr);
  void* half = heap.Allocate(InternalHeap::kLimitBytes / 2 + 1);
  ASSERT_NE(half, nullptr);
  EXPECT_EQ(heap.Allocate(InternalHeap::kLimitBytes / 2), nullptr);
  heap.Free(half);
}

TEST(InternalHeap, FreeOfNullDoesNothing) {
  InternalHeap heap;
  heap.Free(nullptr);
  EXPECT_EQ(heap.mapped_bytes(), 0u);
}

TEST(InternalHeap, ServesManyThreads) {
  InternalHeap heap;
  std::vector<std::thread> threads;
  std::atomic<int> torn = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&heap, &torn, t] {
      for (int i = 0; i < 5000; ++i) {
        const std::size_t bytes = static_cast<std::size_t>(i % 300 + 1);
        auto* block = static_cast<unsigned char*>(heap.Allocate(bytes));
        std::memset(block, t, bytes);
        for (std::size_t b = 0; b < bytes; ++b) torn += block[b] != t;
        heap.Free(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
}

TEST(InternalHeap, ForgetsEverythingOnReset) {
  InternalHeap heap;
  heap.Allocate(100);
  heap.Reset();
  EXPECT_EQ(heap.mapped_bytes(), 0u);
  EXPECT_NE(heap.Allocate(100), nullptr);
}

}  // namespace
}  // namespace cleanslate
