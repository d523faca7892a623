#include "record/stack_memo.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "record/unwinder.h"

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
      reads.Note(reinterpret_cast<std::uintptr_t>(&stack_[i]), stack_[i]);
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
  reads.Note(Site(8).sp + (std::uintptr_t{1} << 30), 1);
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

// Calls through random functions, so that stacks of many shapes meet at the same depths.
struct Maze {
  Unwinder& unwinder;
  StackMemo& memo;
  std::mt19937 random{3};
  int hits = 0;
  int misses = 0;

  __attribute__((noinline)) void Check() {
    std::uintptr_t frames[512];
    const CallSite site = CLEANSLATE_CALL_SITE();
    const int count = unwinder.Walk(site, frames, 512);
    std::uint32_t hash = 1;
    for (int i = 0; i < count; ++i) hash = hash * 31 + static_cast<std::uint32_t>(frames[i] >> 2);
    const auto fresh = static_cast<StackId>(hash | 1);
    const StackId remembered = memo.Find(site, 1);
    if (remembered == StackId::kNone) {
      ++misses;
      memo.Remember(site, 1, unwinder.reads(), fresh);
    } else {
      ++hits;
      ASSERT_EQ(remembered, fresh);
    }
  }
  // Something to do after each call, so that none of them becomes a jump or a loop.
  template <int kRoom>
  __attribute__((noinline)) int Pass(int depth) {
    volatile char room[kRoom];
    room[0] = static_cast<char>(depth);
    return Next(depth) + room[0];
  }
  __attribute__((noinline)) int Next(int depth) {
    if (depth == 0) {
      Check();
      return 0;
    }
    switch (random() % 3) {
      case 0:
        return Pass<16>(depth - 1);
      case 1:
        return Pass<17>(depth - 1);
      default:
        return Pass<200>(depth - 1);
    }
  }
};

int CompareInMaze(const void* maze, const void*) {
  auto* walk = *static_cast<Maze* const*>(maze);
  walk->Next(static_cast<int>(walk->random() % 7));
  return 0;
}

TEST(StackMemo, AHitEqualsAFreshWalk) {
  std::unique_ptr<Unwinder> unwinder(new Unwinder());
  std::unique_ptr<StackMemo> memo(new StackMemo());
  Maze maze{*unwinder, *memo};
  for (int round = 0; round < 20000; ++round) {
    Maze* pair[2] = {&maze, &maze};
    qsort(static_cast<void*>(pair), 2, sizeof(pair[0]), CompareInMaze);
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  EXPECT_GT(maze.hits, 1000);
  EXPECT_GT(maze.misses, 1000);
}

}  // namespace
}  // namespace cleanslate
