#include "snapshot/known_names.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

std::vector<std::string> NamesIn(const KnownNames& names) {
  std::vector<std::string> listed;
  for (const KnownName& known : names) listed.emplace_back(names.NameOf(known));
  return listed;
}

TEST(KnownNames, FindsNothingInNone) {
  KnownNames names;
  EXPECT_EQ(names.Find("a"), nullptr);
  EXPECT_EQ(names.Find(""), nullptr);
  names.RemoveIf([](const KnownName&) { return true; });
  EXPECT_EQ(names.size(), 0u);
}

TEST(KnownNames, TakesNoNameForTheBeginningOfAnother) {
  KnownNames names;
  for (const char* name : {"ab", "abc", "a"}) names.Add(name).inode = std::string(name).size();
  EXPECT_EQ(names.Find("a")->inode, 1u);
  EXPECT_EQ(names.Find("ab")->inode, 2u);
  EXPECT_EQ(names.Find("abc")->inode, 3u);
  EXPECT_EQ(names.Find("b"), nullptr);
  EXPECT_EQ(names.Find("abcd"), nullptr);
}

TEST(KnownNames, KeepsTheirOrderWhenSomeGo) {
  KnownNames names;
  for (const char* name : {"d", "a", "c", "b"}) names.Add(name);
  names.RemoveIf([&](const KnownName& known) { return names.NameOf(known) == "a"; });
  EXPECT_THAT(NamesIn(names), testing::ElementsAre("d", "c", "b"));
  EXPECT_EQ(names.Find("a"), nullptr);
  EXPECT_NE(names.Find("b"), nullptr);
}

// Against a map, in whatever order it is asked.
TEST(KnownNames, KnowsWhatAMapKnows) {
  std::mt19937 random(7);
  KnownNames names;
  std::map<std::string, std::uint64_t> expected;
  for (int step = 0; step < 20000; ++step) {
    const std::string name(1 + random() % 3, static_cast<char>('a' + random() % 26));
    const std::string asked = name + std::to_string(random() % 20);
    KnownName* const known = names.Find(asked);
    const auto at = expected.find(asked);
    ASSERT_EQ(known != nullptr, at != expected.end());
    if (known != nullptr) {
      ASSERT_EQ(known->inode, at->second);
    } else {
      names.Add(asked).inode = expected[asked] = random();
    }
    if (random() % 500 != 0) continue;
    const unsigned keep = random() % 4;
    const auto goes = [keep](std::uint64_t inode) { return inode % 4 > keep; };
    names.RemoveIf([&](const KnownName& each) { return goes(each.inode); });
    std::erase_if(expected, [&](const auto& each) { return goes(each.second); });
    ASSERT_EQ(names.size(), expected.size());
  }
}

}  // namespace
}  // namespace cleanslate
