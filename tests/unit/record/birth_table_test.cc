#include "record/birth_table.h"

#include <gtest/gtest.h>

namespace cleanslate {
namespace {

TEST(BirthTable, RemembersUntilTaken) {
  BirthTable<64> table;
  table.Put(7, {StackId{3}, 5});
  EXPECT_EQ(table.Get(7).stack, StackId{3});
  EXPECT_EQ(table.Get(7).window, 5u);
  EXPECT_EQ(table.Get(8).stack, StackId::kNone);
  EXPECT_EQ(table.Take(7).stack, StackId{3});
  EXPECT_EQ(table.Get(7).stack, StackId::kNone);
}

TEST(BirthTable, ALaterBirthReplacesAnEarlierOne) {
  BirthTable<64> table;
  table.Put(7, {StackId{3}, 5});
  table.Put(7, {StackId{4}, 6});
  EXPECT_EQ(table.Take(7).stack, StackId{4});
  EXPECT_EQ(table.Get(7).stack, StackId::kNone);
}

TEST(BirthTable, ForgetsTheOldestAndNeverConfuses) {
  BirthTable<64> table;
  for (std::uint32_t key = 1; key <= 1000; ++key) table.Put(key, {StackId{key}, key});
  int known = 0;
  for (std::uint32_t key = 1; key <= 1000; ++key) {
    const Birth birth = table.Get(key);
    if (birth.stack == StackId::kNone) continue;
    EXPECT_EQ(birth.stack, StackId{key});
    EXPECT_EQ(birth.window, key);
    ++known;
  }
  EXPECT_GT(known, 0);
  EXPECT_LE(known, 64);
  EXPECT_EQ(table.Get(1000).stack, StackId{1000});
}

}  // namespace
}  // namespace cleanslate
