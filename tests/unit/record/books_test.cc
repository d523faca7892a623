#include "record/books.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace cleanslate {
namespace {

std::set<std::uint32_t> Touched(const ThreadBooks& books, WindowNumber window) {
  std::set<std::uint32_t> sites;
  for (std::uint32_t site = books.FirstTouched(window); site != 0;
       site = books.Find(site)->next[window & 1].load()) {
    EXPECT_TRUE(sites.insert(site).second);
  }
  return sites;
}

TEST(Books, CountWhatIsAliveAndWhatWasBornInTheWindow) {
  auto books = std::make_unique<ThreadBooks>();
  books->Enter(StackId{5}, CohortOf(1), 1, 100, +1);
  books->Enter(StackId{5}, CohortOf(1), 1, 50, +1);
  books->Enter(StackId{5}, CohortOf(1), 1, 100, -1);
  const SiteShare* share = books->Find(5);
  ASSERT_NE(share, nullptr);
  EXPECT_EQ(share->live_blocks(), 1);
  EXPECT_EQ(share->live_bytes(), 50);
  EXPECT_EQ(share->Blocks(Cohort::kOddWindow), 1);
  EXPECT_EQ(share->Bytes(Cohort::kOddWindow), 50);
}

TEST(Books, ABlockOfAnEarlierWindowLeavesItsOwnWindowOnly) {
  auto books = std::make_unique<ThreadBooks>();
  books->Enter(StackId{5}, CohortOf(3), 3, 100, +1);
  books->Enter(StackId{5}, CohortOf(4), 4, 7, +1);
  books->Enter(StackId{5}, Cohort::kEarlier, 4, 100, -1);
  const SiteShare* share = books->Find(5);
  EXPECT_EQ(share->live_blocks(), 1);
  EXPECT_EQ(share->live_bytes(), 7);
  EXPECT_EQ(share->Blocks(Cohort::kEvenWindow), 1);
  EXPECT_EQ(share->Bytes(Cohort::kEvenWindow), 7);
}

TEST(Books, ListTheSitesThatAWindowTouchedOnce) {
  auto books = std::make_unique<ThreadBooks>();
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t site : {1u, 300u, 70000u}) books->Enter(StackId{site}, CohortOf(1), 1, 8, +1);
  }
  EXPECT_EQ(Touched(*books, 1), (std::set<std::uint32_t>{1, 300, 70000}));
  EXPECT_TRUE(Touched(*books, 2).empty());
}

TEST(Books, AClosedWindowCanBeReadWhileTheNextOneRuns) {
  auto books = std::make_unique<ThreadBooks>();
  books->Enter(StackId{1}, CohortOf(1), 1, 8, +1);
  books->Enter(StackId{2}, CohortOf(2), 2, 8, +1);
  EXPECT_EQ(Touched(*books, 1), (std::set<std::uint32_t>{1}));
  EXPECT_EQ(Touched(*books, 2), (std::set<std::uint32_t>{2}));
  books->Enter(StackId{3}, CohortOf(3), 3, 8, +1);
  EXPECT_TRUE(Touched(*books, 1).empty());
  EXPECT_EQ(Touched(*books, 3), (std::set<std::uint32_t>{3}));
}

TEST(Books, AFreeOfAnOldBlockTouchesItsSite) {
  auto books = std::make_unique<ThreadBooks>();
  books->Enter(StackId{1}, CohortOf(1), 1, 8, +1);
  books->Enter(StackId{1}, Cohort::kEarlier, 5, 8, -1);
  EXPECT_EQ(Touched(*books, 5), (std::set<std::uint32_t>{1}));
  EXPECT_EQ(books->Find(1)->Blocks(Cohort::kOddWindow), 0);
  EXPECT_EQ(books->Find(1)->live_blocks(), 0);
}

TEST(Books, TheWindowBeforeTheFirstCountsToo) {
  auto books = std::make_unique<ThreadBooks>();
  books->Enter(StackId{1}, CohortOf(0), 0, 8, +1);
  EXPECT_EQ(Touched(*books, 0), (std::set<std::uint32_t>{1}));
}

TEST(Books, WhatAWindowLeftStaysAliveInThoseAfterIt) {
  auto books = std::make_unique<ThreadBooks>();
  for (WindowNumber window = 1; window <= 9; ++window) {
    books->Enter(StackId{1}, CohortOf(window), window, 10, +1);
    EXPECT_EQ(books->Find(1)->live_blocks(), window);
    EXPECT_EQ(books->Find(1)->Blocks(CohortOf(window)), 1);
  }
}

TEST(Books, SharesOfTwoThreadsAddUp) {
  auto mine = std::make_unique<ThreadBooks>();
  auto theirs = std::make_unique<ThreadBooks>();
  mine->Enter(StackId{1}, CohortOf(1), 1, 64, +1);
  theirs->Enter(StackId{1}, CohortOf(1), 1, 64, -1);
  EXPECT_EQ(mine->Find(1)->live_bytes() + theirs->Find(1)->live_bytes(), 0);
  EXPECT_EQ(mine->Find(1)->Blocks(Cohort::kOddWindow) + theirs->Find(1)->Blocks(Cohort::kOddWindow), 0);
}

}  // namespace
}  // namespace cleanslate
