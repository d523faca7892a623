#include "analysis/glob.h"

#include <string>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

TEST(Glob, MatchesAnywhereUnlessTied) {
  EXPECT_TRUE(GlobMatches("grow", "app.grow_cache"));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("/tmp/cache/*", "/tmp/cache/a/b.json"));
  EXPECT_TRUE(GlobMatches("^app.*cache$", "app.my.cache"));
  EXPECT_TRUE(GlobMatches("lib?.so", "/opt/liba.so"));
  EXPECT_FALSE(GlobMatches("^grow", "app.grow"));
  EXPECT_FALSE(GlobMatches("grow$", "grow_cache"));
  EXPECT_FALSE(GlobMatches("grow", "app.grwo"));
  EXPECT_FALSE(GlobMatches("lib?.so", "lib.so"));
}

TEST(Glob, WholeMeansWhole) {
  EXPECT_TRUE(GlobMatchesWhole("tmp-*", "tmp-growth"));
  EXPECT_FALSE(GlobMatchesWhole("tmp", "tmp-growth"));
  EXPECT_TRUE(GlobMatchesWhole("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(GlobMatchesWhole("a*b*c", "aXbYbZ"));
  EXPECT_TRUE(GlobMatchesWhole("", ""));
  EXPECT_FALSE(GlobMatchesWhole("", "a"));
}

TEST(Glob, ManyStarsDoNotTakeForever) {
  std::string glob;
  for (int i = 0; i < 200; ++i) glob += "*a";
  EXPECT_FALSE(GlobMatches(glob + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace cleanslate
