#include "record/stack_memo.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

namespace cleanslate {
namespace {

class StackMemoTest : public ::testing::Test {
 protected:
  static constexpr int kWords = 64;

  CallSite Site(int depth) const { return {0x1234, reinterpret_cast<std::uintptr_t>(&stack_[depth]), 0x77}; }
  StackReads Reads(int from, int count) const {
    StackReads reads;
    reads.Clear();
    for (int i = from; i < from + count; ++i) {
      reads.Note(reinterpret_cast<std::uintptr_t>(&stack_[i]));
    }
    return reads;
  }

  std::unique_ptr<StackMemo> memo_{new StackMemo()};
  std::uintptr_t stack_[kWords] = {};
};

TEST_F(StackMemoTest, FindsWhatIsAsItWas) {
  for (int i = 0; i < kWords; ++i) stack_[i] = 1000u + static_cast<unsigned>(i);
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId::kNone);
  memo_->Remember(Site(8), 1, Reads(8, 20), StackId{5});
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId{5});
}

TEST_F(StackMemoTest, OneOtherWordIsAnotherStack) {
  memo_->Remember(Site(8), 1, Reads(8, 20), StackId{5});
  for (int i = 8; i < 28; ++i) {
    ++stack_[i];
    EXPECT_EQ(memo_->Find(Site(8), 1), StackId::kNone) << i;
    --stack_[i];
  }
  ++stack_[28];
  ++stack_[7];
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId{5});
}

TEST_F(StackMemoTest, SeveralStacksMeetAtOneCall) {
  for (std::uintptr_t caller = 1; caller <= 4; ++caller) {
    stack_[20] = caller;
    memo_->Remember(Site(8), 1, Reads(8, 20), static_cast<StackId>(caller + 100));
  }
  for (std::uintptr_t caller = 1; caller <= 4; ++caller) {
    stack_[20] = caller;
    EXPECT_EQ(memo_->Find(Site(8), 1), static_cast<StackId>(caller + 100));
  }
  stack_[20] = 5;
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId::kNone);
}

TEST_F(StackMemoTest, WordsBelowTheBeginningCountToo) {
  memo_->Remember(Site(8), 1, Reads(2, 4), StackId{5});
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId{5});
  ++stack_[3];
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId::kNone);
}

TEST_F(StackMemoTest, AnotherCallerOrOtherCodeIsAnotherStack) {
  memo_->Remember(Site(8), 1, Reads(8, 4), StackId{5});
  CallSite site = Site(8);
  ++site.pc;
  EXPECT_EQ(memo_->Find(site, 1), StackId::kNone);
  EXPECT_EQ(memo_->Find(Site(9), 1), StackId::kNone);
  EXPECT_EQ(memo_->Find(Site(8), 2), StackId::kNone);
}

TEST_F(StackMemoTest, TheFramePointerCountsOnlyWhereItWasUsed) {
  CallSite other = Site(8);
  ++other.fp;
  memo_->Remember(Site(8), 1, Reads(8, 4), StackId{5});
  EXPECT_EQ(memo_->Find(other, 1), StackId{5});
  memo_->Forget();
  EXPECT_EQ(memo_->Find(other, 1), StackId::kNone);
  StackReads reads = Reads(8, 4);
  reads.used_frame_pointer = true;
  memo_->Remember(Site(8), 1, reads, StackId{6});
  EXPECT_EQ(memo_->Find(other, 1), StackId::kNone);
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId{6});
}

TEST_F(StackMemoTest, WhatCantBeKeptWholeIsNotKept) {
  StackReads reads = Reads(8, 4);
  reads.overflow = true;
  memo_->Remember(Site(8), 1, reads, StackId{5});
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId::kNone);
  reads = Reads(8, 4);
  reads.Note(Site(8).sp + (std::uintptr_t{1} << 30));
  memo_->Remember(Site(8), 1, reads, StackId{5});
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId::kNone);
}

TEST_F(StackMemoTest, ForgetsWhenAsked) {
  memo_->Remember(Site(8), 1, Reads(8, 4), StackId{5});
  memo_->Forget();
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId::kNone);
  memo_->Remember(Site(8), 1, Reads(8, 4), StackId{5});
  EXPECT_EQ(memo_->Find(Site(8), 1), StackId{5});
}

TEST_F(StackMemoTest, OtherCodeForgetsAllOfBefore) {
  memo_->Remember(Site(8), 1, Reads(8, 4), StackId{5});
  memo_->Remember(Site(9), 2, Reads(9, 4), StackId{6});
  EXPECT_EQ(memo_->Find(Site(8), 2), StackId::kNone);
  EXPECT_EQ(memo_->Find(Site(9), 2), StackId{6});
}

TEST_F(StackMemoTest, OldWalksGiveWayAndAreNeverConfused) {
  std::mt19937 random(7);
  for (int round = 0; round < 100000; ++round) {
    const int depth = static_cast<int>(random() % 30);
    CallSite site = Site(depth);
    site.pc = random() % 5000;
    stack_[depth] = site.pc * 100 + static_cast<unsigned>(depth);
    const auto right = static_cast<StackId>(stack_[depth] + 1);
    const StackId found = memo_->Find(site, 1);
    if (found == StackId::kNone) {
      memo_->Remember(site, 1, Reads(depth, static_cast<int>(random() % 30) + 1), right);
    } else {
      ASSERT_EQ(found, right);
    }
  }
}

}  // namespace
}  // namespace cleanslate
