#include "analysis/site_rules.h"

#include <string>
#include <vector>

#include "analysis/rule_names.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

// One stack over windows: what it left in each, and what is alive at its end.
struct Window {
  std::int64_t survived;
  std::int64_t live;
};

struct SiteCase {
  const char* name;
  std::vector<Window> windows;
  bool grows;  // in the last window
};

bool Grows(const std::vector<Window>& windows) {
  SiteRules rules(kHeapGrowth, kHeapRetained, "block", 16, 16);
  bool grows = false;
  WindowNumber number = 0;
  for (const Window& window : windows) {
    const std::vector<HeapSite> sites = {
        {StackId{1}, window.survived, window.survived * 8, window.live, window.live * 8}};
    Drafts drafts;
    rules.Observe(++number, sites, window.survived > 0 ? sites : std::vector<HeapSite>(), drafts);
    grows = !drafts.empty() && drafts[0].rule == kHeapGrowth;
  }
  return grows;
}

TEST(SiteRules, JudgeTheNetAmount) {
  const std::vector<SiteCase> cases = {
      {"one more each time", {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}}, true},
      {"one too early to tell", {{1, 1}, {1, 2}, {1, 3}, {1, 4}}, false},
      {"renewed each time", {{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}}, false},
      {"two come, one goes", {{2, 2}, {2, 3}, {2, 4}, {2, 5}, {2, 6}}, true},
      {"starts in the second window", {{0, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}}, true},
      {"first seen in the second window, renewed", {{1, 1}, {1, 1}, {1, 2}, {1, 3}, {1, 4}}, false},
      {"a cold start of many, then one each", {{900, 900}, {1, 901}, {1, 902}, {1, 903}, {1, 904}}, true},
      {"grows, then only stays", {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 4}}, false},
      {"a pool of four", {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {0, 4}}, false},
      {"the cold start is cleared away later", {{50, 50}, {1, 51}, {1, 52}, {1, 3}, {1, 4}}, false},
  };
  for (const SiteCase& each : cases) EXPECT_EQ(Grows(each.windows), each.grows) << each.name;
}

TEST(SiteRules, WhatSurvivesWithoutGrowthIsInformationOnlyWhereThereIsARuleForIt) {
  const std::vector<HeapSite> sites = {{StackId{1}, 2, 20, 5, 50}};
  Drafts drafts;
  SiteRules heap(kHeapGrowth, kHeapRetained, "block", 16, 16);
  heap.Observe(1, sites, sites, drafts);
  ASSERT_EQ(drafts.size(), 1u);
  EXPECT_EQ(drafts[0].rule, kHeapRetained);
  EXPECT_EQ(drafts[0].severity, Severity::kInfo);
  EXPECT_EQ(drafts[0].count, 2);  // of the window, not of all time
  EXPECT_EQ(drafts[0].bytes, 20);
  drafts.clear();
  SiteRules mappings(kMappingGrowth, {}, "mapping", 16, 16);
  mappings.Observe(1, sites, sites, drafts);
  EXPECT_TRUE(drafts.empty());
}

TEST(SiteRules, TheBaselineIsNoFinding) {
  const std::vector<HeapSite> sites = {{StackId{1}, 2, 20, 5, 50}};
  Drafts drafts;
  SiteRules rules(kHeapGrowth, kHeapRetained, "block", 16, 16);
  rules.Observe(0, sites, sites, drafts);
  EXPECT_TRUE(drafts.empty());
}

}  // namespace
}  // namespace cleanslate
