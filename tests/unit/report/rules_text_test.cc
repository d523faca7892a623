#include "report/rules_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

using ::testing::ElementsAreArray;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RulesText, HasAPageForEveryRuleThereIs) {
  std::vector<std::string_view> names;
  for (const RuleText& rule : RuleTexts()) {
    names.push_back(rule.name);
    EXPECT_FALSE(rule.summary.empty()) << rule.name;
    EXPECT_GT((std::string(rule.when) + std::string(rule.how_often)).size(), 40u) << rule.name;
    EXPECT_THAT(rule.when, EndsWith(".")) << rule.name;
    EXPECT_GT(rule.why.size(), 40u) << rule.name;
    EXPECT_GT(rule.fix.size(), 40u) << rule.name;
    EXPECT_THAT(RulePage(rule), HasSubstr(std::string(rule.name) + "\n"));
  }
  EXPECT_THAT(names, ElementsAreArray(kRuleNames));
}

TEST(RulesText, FitsATerminal) {
  for (const RuleText& rule : RuleTexts()) {
    std::string page = RulePage(rule);
    for (std::size_t at = 0; at < page.size();) {
      const std::size_t end = page.find('\n', at);
      EXPECT_LE(end - at, 80u) << page.substr(at, end - at);
      at = end + 1;
    }
  }
}

TEST(RulesText, SaysWhatMakesItAWarning) {
  EXPECT_THAT(RulePage(*FindRule("environment-changed")), HasSubstr("It is a warning when it recurs"));
  EXPECT_THAT(RulePage(*FindRule("tmp-growth")), HasSubstr("It is a warning when it grew"));
  EXPECT_THAT(RulePage(*FindRule("heap-retained")), Not(HasSubstr("It is a warning")));
}

TEST(RulesText, FindsByExactName) {
  EXPECT_EQ(FindRule("heap-growth")->name, "heap-growth");
  EXPECT_EQ(FindRule("heap-growt"), nullptr);
  EXPECT_EQ(FindRule(""), nullptr);
}

TEST(RulesText, SuggestsTheNearest) {
  EXPECT_EQ(NearestRule("heap-grwoth"), "heap-growth");
  EXPECT_EQ(NearestRule("heap_growth"), "heap-growth");
  EXPECT_EQ(NearestRule("umask"), "umask-changed");
  EXPECT_EQ(NearestRule("qqqqqqqq"), "");
  EXPECT_EQ(NearestRule(""), "");
  EXPECT_EQ(NearestRule(std::string(100000, 'x')), "");
}

TEST(RulesText, ListsAllInAlignedColumns) {
  const std::string table = RuleTable();
  std::size_t column = 0;
  for (const RuleText& rule : RuleTexts()) {
    const std::size_t line = table.find(std::string(rule.name) + " ");
    ASSERT_NE(line, std::string::npos);
    const std::size_t here = table.find(rule.summary) - line;
    if (column == 0) column = here;
    EXPECT_EQ(here, column) << rule.name;
  }
}

}  // namespace
}  // namespace cleanslate
