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
  ASSERT_TRUE(shadow_.Store(At(0x5555'0000'1000), {StackId{1234567}, Cohort::kOddWindow, 254}));
  const BlockRecord record = shadow_.Take(At(0x5555'0000'1000));
  EXPECT_EQ(record.site, StackId{1234567});
  EXPECT_EQ(record.cohort, Cohort::kOddWindow);
  EXPECT_EQ(record.bytes, 254u);
  EXPECT_EQ(shadow_.Take(At(0x5555'0000'1000)).site, StackId::kNone);
}

TEST_P(BlockShadowTest, NeighboursAreApart) {
  ASSERT_TRUE(shadow_.Store(At(0x7000'0000'0000), {StackId{1}, Cohort::kOddWindow, 1}));
  ASSERT_TRUE(shadow_.Store(At(0x7000'0000'0000 + unit()), {StackId{2}, Cohort::kEvenWindow, 2}));
  EXPECT_EQ(shadow_.Take(At(0x7000'0000'0000)).site, StackId{1});
  EXPECT_EQ(shadow_.Take(At(0x7000'0000'0000 + unit())).site, StackId{2});
}

class Sizes {
 public:
  static constexpr std::size_t kAll[] = {0,
                                         1,
                                         254,
                                         255,
                                         (std::size_t{1} << 29) - 1,
                                         std::size_t{1} << 29,
                                         (std::size_t{1} << 31) + 5,
                                         std::size_t{1} << 40,
                                         ~std::size_t{0}};
};

TEST_P(BlockShadowTest, KeepsEverySizeExactly) {
  for (const std::size_t bytes : Sizes::kAll) {
    ASSERT_TRUE(shadow_.Store(At(0x6000'0000'0000), {StackId{9}, Cohort::kEvenWindow, bytes}));
    const BlockRecord record = shadow_.Take(At(0x6000'0000'0000));
    EXPECT_EQ(record.bytes, bytes);
    EXPECT_EQ(record.cohort, Cohort::kEvenWindow);
  }
}

TEST_P(BlockShadowTest, ALargeBlockMayEndALeaf) {
  const std::uintptr_t last_unit = 0x6000'0400'0000 - unit();
  ASSERT_TRUE(shadow_.Store(At(last_unit), {StackId{9}, Cohort::kEvenWindow, std::size_t{1} << 30}));
  EXPECT_EQ(shadow_.Take(At(last_unit)).bytes, std::size_t{1} << 30);
  EXPECT_EQ(shadow_.Take(At(last_unit + unit())).site, StackId::kNone);
}

TEST_P(BlockShadowTest, RefusesAddressesBeyondUserSpace) {
  EXPECT_FALSE(shadow_.Store(At(std::uintptr_t{1} << 50), {StackId{1}, Cohort::kOddWindow, 1}));
}

TEST_P(BlockShadowTest, ALongSizeLeavesNothingBehind) {
  ASSERT_TRUE(shadow_.Store(At(0x6000'0000'0000), {StackId{9}, Cohort::kEarlier, ~std::size_t{0}}));
  for (unsigned i = 1; i < 5; ++i) {
    EXPECT_EQ(shadow_.Take(At(0x6000'0000'0000 + i * unit())).site, StackId::kNone);
  }
  EXPECT_EQ(shadow_.Take(At(0x6000'0000'0000)).bytes, ~std::size_t{0});
  for (unsigned i = 0; i < 5; ++i) {
    EXPECT_EQ(shadow_.Find(At(0x6000'0000'0000 + i * unit()))->load(), 0u);
  }
}

TEST_P(BlockShadowTest, ABlockBornOverAnothersSizeIsItsOwn) {
  ASSERT_TRUE(shadow_.Store(At(0x6000'0000'0000), {StackId{9}, Cohort::kEarlier, 5000}));
  ASSERT_TRUE(shadow_.Store(At(0x6000'0000'0000 + unit()), {StackId{7}, Cohort::kEarlier, 10}));
  shadow_.Take(At(0x6000'0000'0000));
  EXPECT_EQ(shadow_.Take(At(0x6000'0000'0000 + unit())).site, StackId{7});
}

TEST_P(BlockShadowTest, SurvivorsBecomeEarlierOnesAndOthersDoNot) {
  constexpr std::uintptr_t kFirst = 0x6000'0000'0000;
  constexpr unsigned kBlocks = 3000;
  for (unsigned i = 0; i < kBlocks; ++i) {
    const Cohort cohort = i % 3 == 0   ? Cohort::kOddWindow
                          : i % 3 == 1 ? Cohort::kEvenWindow
                                       : Cohort::kEarlier;
    ASSERT_TRUE(shadow_.Store(At(kFirst + i * 4096), {StackId{i + 1}, cohort, i}));
  }
  shadow_.Take(At(kFirst));  // one of them is freed
  EXPECT_EQ(shadow_.MakeEarlier(Cohort::kOddWindow), kBlocks / 3 - 1);
  EXPECT_EQ(shadow_.MakeEarlier(Cohort::kOddWindow), 0);
  for (unsigned i = 1; i < kBlocks; ++i) {
    const BlockRecord record = shadow_.Take(At(kFirst + i * 4096));
    ASSERT_EQ(record.site, StackId{i + 1});
    ASSERT_EQ(record.bytes, i);
    ASSERT_EQ(record.cohort, i % 3 == 1 ? Cohort::kEvenWindow : Cohort::kEarlier);
  }
  EXPECT_EQ(shadow_.MakeEarlier(Cohort::kEvenWindow), 0);
}

TEST_P(BlockShadowTest, ForgetsOnReset) {
  ASSERT_TRUE(shadow_.Store(At(0x5555'0000'1000), {StackId{1}, Cohort::kOddWindow, 1}));
  EXPECT_GT(shadow_.resident_bytes(), 0u);
  EXPECT_LE(shadow_.resident_bytes(), 5 * 4096u);
  shadow_.Reset();
  EXPECT_EQ(shadow_.resident_bytes(), 0u);
  ASSERT_TRUE(shadow_.Open(GetParam()));
  EXPECT_EQ(shadow_.Take(At(0x5555'0000'1000)).site, StackId::kNone);
}

INSTANTIATE_TEST_SUITE_P(Units, BlockShadowTest, ::testing::Values(5, 3));

}  // namespace
}  // namespace cleanslate
