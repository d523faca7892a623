#include "probe/python/owners.h"

#include <gtest/gtest.h>

#include <vector>

namespace cleanslate {
namespace {

using Reach = PythonOwners::Reach;

TEST(PythonOwnersTest, TheOneThatNamesItHasIt) {
  PythonOwners owners;
  owners.Clear();
  int object = 0;
  EXPECT_TRUE(owners.Name(&object, 3));
  EXPECT_FALSE(owners.Name(&object, 4));
  EXPECT_EQ(owners.NamedBy(&object), 3u);
  EXPECT_EQ(owners.Lead(&object, 3, false), Reach::kMine);
  EXPECT_EQ(owners.Lead(&object, 4, true), Reach::kNamed);
}

TEST(PythonOwnersTest, ElseTheFirstThatLeadsToIt) {
  PythonOwners owners;
  owners.Clear();
  int object = 0;
  EXPECT_EQ(owners.Lead(&object, 1, false), Reach::kFirst);
  EXPECT_EQ(owners.Lead(&object, 1, false), Reach::kMine);
  EXPECT_EQ(owners.Lead(&object, 2, false), Reach::kOthers);
  EXPECT_EQ(owners.Lead(&object, 2, true), Reach::kFirst);
  EXPECT_EQ(owners.Lead(&object, 2, true), Reach::kMine);
}

TEST(PythonOwnersTest, GrowsAndForgets) {
  PythonOwners owners;
  owners.Clear();
  std::vector<int> objects(100'000);
  for (std::size_t i = 0; i < objects.size(); ++i)
    EXPECT_EQ(owners.Lead(&objects[i], static_cast<std::uint32_t>(i), false), Reach::kFirst);
  for (std::size_t i = 0; i < objects.size(); ++i)
    EXPECT_EQ(owners.Lead(&objects[i], static_cast<std::uint32_t>(i), false), Reach::kMine);
  EXPECT_EQ(owners.size(), objects.size());
  owners.Clear();
  EXPECT_EQ(owners.Lead(&objects[0], 9, false), Reach::kFirst);
}

}  // namespace
}  // namespace cleanslate
