#include "record/mapping_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace cleanslate {
namespace {

class MappingTableTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(table_.Open()); }

  std::string Show() {
    std::string text;
    table_.ForEach([&](const Mapping& m) {
      text +=
          std::to_string(m.start) + "-" + std::to_string(m.end) + "@" + std::to_string(m.birth.window) + " ";
    });
    return text;
  }

  MappingTable table_;
};

TEST_F(MappingTableTest, KeepsThemByAddress) {
  table_.Add(300, 100, {StackId{1}, 1});
  table_.Add(100, 100, {StackId{1}, 2});
  EXPECT_EQ(Show(), "100-200@2 300-400@1 ");
}

TEST_F(MappingTableTest, APieceThatIsUnmappedLeavesTheRest) {
  table_.Add(100, 300, {StackId{1}, 1});
  table_.Remove(200, 100);
  EXPECT_EQ(Show(), "100-200@1 300-400@1 ");
  table_.Remove(150, 200);
  EXPECT_EQ(Show(), "100-150@1 350-400@1 ");
  table_.Remove(0, 1000);
  EXPECT_EQ(Show(), "");
}

TEST_F(MappingTableTest, RemoveSaysWhoseTheFirstWas) {
  table_.Add(100, 100, {StackId{7}, 3});
  EXPECT_EQ(table_.Remove(150, 10).stack, StackId{7});
  EXPECT_EQ(table_.Remove(5000, 10).stack, StackId::kNone);
}

TEST_F(MappingTableTest, AFixedMappingReplacesWhatWasThere) {
  table_.Add(100, 300, {StackId{1}, 1});
  table_.Add(200, 100, {StackId{2}, 9});
  EXPECT_EQ(Show(), "100-200@1 200-300@9 300-400@1 ");
}

TEST_F(MappingTableTest, CountsWhatFindsNoRoom) {
  for (std::size_t i = 0; i <= MappingTable::kMaxMappings; ++i) table_.Add(i * 100, 50, {StackId{1}, 1});
  EXPECT_EQ(table_.count(), MappingTable::kMaxMappings);
  EXPECT_EQ(table_.refused(), 1);
}

}  // namespace
}  // namespace cleanslate
