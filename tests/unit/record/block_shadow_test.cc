#include "record/block_shadow.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace cleanslate {
namespace {

void* At(std::uintptr_t address) {
  return reinterpret_cast<void*>(address);
}

class BlockShadowTest : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override { ASSERT_TRUE(shadow_.Open(GetParam())); }
  void TearDown() override { shadow_.Reset(); }
  std::uintptr_t unit() const { return std::uintptr_t{1} << GetParam(); }

  BlockShadow shadow_;
};

TEST_P(BlockShadowTest, AnAddressThatWasNeverStoredIsUnknown) {
  EXPECT_EQ(shadow_.Take(At(0x5555'0000'1000)).site, StackId::kNone);
  EXPECT_EQ(shadow_.Take(nullptr).site, StackId::kNone);
  EXPECT_EQ(shadow_.Take(At(~std::uintptr_t{0})).site, StackId::kNone);
}

TEST_P(BlockShadowTest, GivesBackWhatWasStoredOnce) {
  ASSERT_TRUE(shadow_.Store(At(0x5555'0000'1000), {StackId{1234567}, 987654, 4095}));
  const BlockRecord record = shadow_.Take(At(0x5555'0000'1000));
  EXPECT_EQ(record.site, StackId{1234567});
  EXPECT_EQ(record.window, 987654u);
  EXPECT_EQ(record.bytes, 4095u);
  EXPECT_EQ(shadow_.Take(At(0x5555'0000'1000)).site, StackId::kNone);
}

TEST_P(BlockShadowTest, NeighboursAreApart) {
  ASSERT_TRUE(shadow_.Store(At(0x7000'0000'0000), {StackId{1}, 1, 1}));
  ASSERT_TRUE(shadow_.Store(At(0x7000'0000'0000 + unit()), {StackId{2}, 2, 2}));
  EXPECT_EQ(shadow_.Take(At(0x7000'0000'0000)).site, StackId{1});
  EXPECT_EQ(shadow_.Take(At(0x7000'0000'0000 + unit())).site, StackId{2});
}

class Sizes {
 public:
  static constexpr std::size_t kAll[] = {0,
                                         1,
                                         (std::size_t{1} << 22) - 1,
                                         std::size_t{1} << 22,
                                         (std::size_t{1} << 31) + 5,
                                         std::size_t{1} << 40};
};

TEST_P(BlockShadowTest, KeepsEverySizeExactly) {
  for (const std::size_t bytes : Sizes::kAll) {
    ASSERT_TRUE(shadow_.Store(At(0x6000'0000'0000), {StackId{9}, 3, bytes}));
    const BlockRecord record = shadow_.Take(At(0x6000'0000'0000));
    EXPECT_EQ(record.bytes, bytes);
    EXPECT_EQ(record.window, 3u);
  }
}

TEST_P(BlockShadowTest, ALargeBlockMayEndALeaf) {
  const std::uintptr_t last_unit = 0x6000'0400'0000 - unit();
  ASSERT_TRUE(shadow_.Store(At(last_unit), {StackId{9}, 3, std::size_t{1} << 30}));
  EXPECT_EQ(shadow_.Take(At(last_unit)).bytes, std::size_t{1} << 30);
  EXPECT_EQ(shadow_.Take(At(last_unit + unit())).site, StackId::kNone);
}

TEST_P(BlockShadowTest, RefusesAddressesBeyondUserSpace) {
  EXPECT_FALSE(shadow_.Store(At(std::uintptr_t{1} << 50), {StackId{1}, 1, 1}));
}

TEST_P(BlockShadowTest, ForgetsOnReset) {
  ASSERT_TRUE(shadow_.Store(At(0x5555'0000'1000), {StackId{1}, 1, 1}));
  EXPECT_EQ(shadow_.resident_bytes(), 4096u);
  shadow_.Reset();
  EXPECT_EQ(shadow_.resident_bytes(), 0u);
  ASSERT_TRUE(shadow_.Open(GetParam()));
  EXPECT_EQ(shadow_.Take(At(0x5555'0000'1000)).site, StackId::kNone);
}

INSTANTIATE_TEST_SUITE_P(Units, BlockShadowTest, ::testing::Values(5, 3));

}  // namespace
}  // namespace cleanslate
