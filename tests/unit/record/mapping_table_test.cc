#include "record/mapping_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace cleanslate {
namespace {

// Two units are a page, so that a cut in the middle of one shows.
constexpr std::uintptr_t kUnit = 2048;

class MappingTableTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(table_.Open()); }

  std::string Show() {
    std::string text;
    table_.ForEach([&](const Mapping& m) {
      text += std::to_string(m.start / kUnit) + "-" + std::to_string(m.end / kUnit) + "@" +
              std::to_string(m.birth.window) + (m.of_file ? "f " : " ");
    });
    return text;
  }

  void Add(std::uintptr_t start, std::size_t units, Birth birth, bool of_file = false) {
    table_.Add(start * kUnit, units * kUnit, birth, of_file);
  }
  MappingTable::Removed Remove(std::uintptr_t start, std::size_t units) {
    return table_.Remove(start * kUnit, units * kUnit);
  }

  MappingTable table_;
};

TEST_F(MappingTableTest, KeepsThemByAddress) {
  Add(300, 100, {StackId{1}, 1});
  Add(100, 100, {StackId{1}, 2});
  EXPECT_EQ(Show(), "100-200@2 300-400@1 ");
}

TEST_F(MappingTableTest, APieceThatIsUnmappedLeavesTheRest) {
  Add(100, 300, {StackId{1}, 1});
  Remove(200, 100);
  EXPECT_EQ(Show(), "100-200@1 300-400@1 ");
  Remove(150, 200);
  EXPECT_EQ(Show(), "100-150@1 350-400@1 ");
  Remove(0, 1000);
  EXPECT_EQ(Show(), "");
}

TEST_F(MappingTableTest, WhatWasTakenAwayCanBePutBack) {
  Add(100, 100, {StackId{7}, 3});
  Add(200, 100, {StackId{8}, 4});
  Add(400, 100, {StackId{9}, 5});
  const std::string before = Show();
  const MappingTable::Removed removed = Remove(150, 300);
  EXPECT_EQ(Show(), "100-150@3 450-500@5 ");
  ASSERT_EQ(removed.count, 3u);
  EXPECT_EQ(removed.pieces[0].birth.stack, StackId{7});
  table_.PutBack(removed);
  EXPECT_EQ(Show(), before);
  EXPECT_EQ(Remove(5000, 10).count, 0u);
}

TEST_F(MappingTableTest, ThePiecesOfAFilesAreTheFiles) {
  Add(100, 300, {StackId{1}, 1}, true);
  Add(400, 100, {StackId{1}, 1});
  const MappingTable::Removed removed = Remove(200, 50);
  EXPECT_EQ(Show(), "100-200@1f 250-400@1f 400-500@1 ");
  table_.PutBack(removed);
  EXPECT_EQ(Show(), "100-400@1f 400-500@1 ");
}

TEST_F(MappingTableTest, HoldsWholePages) {
  Add(100, 5, {StackId{1}, 1});
  EXPECT_EQ(Show(), "100-106@1 ");
  Remove(104, 1);
  EXPECT_EQ(Show(), "100-104@1 ");
  EXPECT_EQ(Remove(101, 1).count, 0u);  // the kernel refuses that
  EXPECT_EQ(Show(), "100-104@1 ");
}

TEST_F(MappingTableTest, AFixedMappingReplacesWhatWasThere) {
  Add(100, 300, {StackId{1}, 1});
  Add(200, 100, {StackId{2}, 9});
  EXPECT_EQ(Show(), "100-200@1 200-300@9 300-400@1 ");
}

TEST_F(MappingTableTest, CountsWhatFindsNoRoom) {
  for (std::size_t i = 0; i <= MappingTable::kMaxMappings; ++i) Add(i * 100, 50, {StackId{1}, 1});
  EXPECT_EQ(table_.count(), MappingTable::kMaxMappings);
  EXPECT_EQ(table_.refused(), 1);
}

}  // namespace
}  // namespace cleanslate
