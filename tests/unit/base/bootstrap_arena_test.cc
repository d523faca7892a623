#include "base/bootstrap_arena.h"

#include <gtest/gtest.h>

#include <cstring>

namespace cleanslate {
namespace {

TEST(BootstrapArena, OwnsWhatItGaveAndNothingElse) {
  static constinit BootstrapArena arena;
  auto* block = static_cast<char*>(arena.Allocate(40));
  ASSERT_NE(block, nullptr);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(block[i], 0);
  EXPECT_TRUE(arena.Owns(block));
  int elsewhere = 0;
  EXPECT_FALSE(arena.Owns(&elsewhere));
  EXPECT_FALSE(arena.Owns(nullptr));
}

TEST(BootstrapArena, MovesABlockWithItsBytes) {
  static constinit BootstrapArena arena;
  auto* block = static_cast<char*>(arena.Allocate(8));
  std::memcpy(block, "abcdefg", 8);
  auto* moved = static_cast<char*>(arena.Reallocate(block, 4096));
  ASSERT_NE(moved, nullptr);
  EXPECT_STREQ(moved, "abcdefg");
}

TEST(BootstrapArena, SaysWhenItIsUsedUp) {
  static constinit BootstrapArena arena;
  EXPECT_EQ(arena.Allocate(1 << 20), nullptr);
  EXPECT_EQ(arena.Allocate(SIZE_MAX), nullptr);
  int given = 0;
  while (arena.Allocate(1024) != nullptr) ++given;
  EXPECT_EQ(given, 64);
}

}  // namespace
}  // namespace cleanslate
