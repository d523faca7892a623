#include "probe/python/block_map.h"

#include <gtest/gtest.h>

#include <map>

namespace cleanslate {
namespace {

constexpr std::uintptr_t kPiece = std::uintptr_t{1} << 20;

TEST(PythonBlockMap, KeepsAMarkForEachBlock) {
  PythonBlockMap map;
  ASSERT_TRUE(map.Begin());
  EXPECT_EQ(map.Find(0x7f0000001000), nullptr);
  std::map<std::uintptr_t, std::uint32_t> expected;
  for (std::uint32_t i = 1; i <= 10000; ++i) {
    const std::uintptr_t address = 0x7f0000000000 + (i % 7) * 1024 * kPiece + i * 16;  // one place for all
    ASSERT_TRUE(map.Set(address, i));
    expected[address] = i;
  }
  for (const auto& [address, mark] : expected) {
    ASSERT_NE(map.Find(address), nullptr);
    EXPECT_EQ(*map.Find(address), mark);
    EXPECT_EQ(*map.Find(address + 16), expected.count(address + 16) != 0 ? expected[address + 16] : 0u);
  }
  std::map<std::uintptr_t, std::uint32_t> seen;
  map.ForEach([&](std::uintptr_t address, std::uint32_t mark) { seen[address] = mark; });
  EXPECT_EQ(seen, expected);
  map.Clear();
  map.ForEach([](std::uintptr_t, std::uint32_t) { FAIL(); });
}

TEST(PythonBlockMap, SaysWhenItIsFull) {
  PythonBlockMap map;
  ASSERT_TRUE(map.Begin());
  for (std::size_t i = 0; i < PythonBlockMap::kMostPieces; ++i) ASSERT_TRUE(map.Set((i + 1) * 3 * kPiece, 1));
  EXPECT_FALSE(map.Set(std::uintptr_t{5000} * kPiece, 1));
  EXPECT_TRUE(map.Set(3 * kPiece + 64, 2));
  EXPECT_EQ(*map.Find(3 * kPiece), 1u);
  map.Clear();
}

}  // namespace
}  // namespace cleanslate
