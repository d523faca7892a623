#include "probe/variable_memory.h"

#include <gtest/gtest.h>

namespace cleanslate {
namespace {

Variable List(std::string name, std::int64_t entries, std::uint64_t texts = 0, std::uint64_t object = 1) {
  Variable variable;
  variable.name = std::move(name);
  variable.kind = "list";
  variable.entries = entries;
  variable.texts = texts;
  variable.object = object;
  return variable;
}

class VariableMemoryTest : public testing::Test {
 protected:
  std::vector<VariableUpdate> Note(WindowNumber window, const std::vector<Variable>& seen,
                                   const std::vector<std::string>& gone = {}) {
    std::vector<VariableUpdate> changed;
    memory_.Note(window, seen, gone, changed);
    return changed;
  }

  VariableMemory memory_{3};
};

TEST_F(VariableMemoryTest, TellsWhatAVariableHasBecome) {
  ASSERT_EQ(Note(0, {List("a", 1)}).at(0).change, VariableChange::kAssigned);
  EXPECT_TRUE(Note(1, {List("a", 1)}).empty());
  const auto grown = Note(2, {List("a", 3, 7)});
  ASSERT_EQ(grown.size(), 1U);
  EXPECT_EQ(grown[0].change, VariableChange::kGrown);
  EXPECT_EQ(grown[0].entries_before, 1);
  EXPECT_TRUE(grown[0].texts_changed);
  EXPECT_FALSE(grown[0].object_changed);
  EXPECT_EQ(Note(3, {List("a", 2, 7)}).at(0).change, VariableChange::kShrunk);
  EXPECT_EQ(Note(4, {List("a", 2, 8)}).at(0).change, VariableChange::kReplaced);
  const auto other = Note(5, {List("a", 2, 8, 2)});
  EXPECT_EQ(other.at(0).change, VariableChange::kAltered);
  EXPECT_TRUE(other[0].object_changed);
}

TEST_F(VariableMemoryTest, WhatALookDoesNotSeeStaysAndSaysSinceWhen) {
  Note(0, {List("a", 1), List("b", 1)});
  EXPECT_TRUE(Note(1, {List("b", 1)}).empty());
  const auto changed = Note(4, {List("a", 2), List("b", 2)});
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(changed[0].since, 1U);
  EXPECT_EQ(changed[1].since, 2U);
}

TEST_F(VariableMemoryTest, TellsWhatIsGoneOnce) {
  Note(0, {List("a", 4)});
  const auto gone = Note(1, {}, {"a", "never"});
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].change, VariableChange::kRemoved);
  EXPECT_EQ(gone[0].now.name, "a");
  EXPECT_EQ(gone[0].entries_before, 4);
  EXPECT_TRUE(Note(2, {}, {"a"}).empty());
  EXPECT_EQ(Note(3, {List("a", 1)}).at(0).change, VariableChange::kAssigned);
}

TEST_F(VariableMemoryTest, IsBounded) {
  EXPECT_EQ(Note(0, {List("a", 1), List("b", 1), List("c", 1), List("d", 1)}).size(), 3U);
  EXPECT_EQ(memory_.left_out(), 1);
  EXPECT_EQ(memory_.size(), 3U);
}

}  // namespace
}  // namespace cleanslate
