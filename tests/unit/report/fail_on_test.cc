#include "report/fail_on.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finding Of(const std::string& rule) {
  Finding finding;
  finding.rule = rule;
  return finding;
}

TEST(FailOn, TakesASeverityForItAndWorse) {
  const FailOn fail_on = *ParseFailOn("warning");
  EXPECT_FALSE(fail_on.Matches(Of("heap-growth"), Severity::kInfo));
  EXPECT_TRUE(fail_on.Matches(Of("heap-growth"), Severity::kWarning));
  EXPECT_TRUE(fail_on.Matches(Of("heap-growth"), Severity::kCritical));
}

TEST(FailOn, TakesRulesWhateverTheirSeverity) {
  const FailOn fail_on = *ParseFailOn(" tmp-growth , descriptor-leak");
  EXPECT_TRUE(fail_on.Matches(Of("tmp-growth"), Severity::kInfo));
  EXPECT_TRUE(fail_on.Matches(Of("descriptor-leak"), Severity::kWarning));
  EXPECT_FALSE(fail_on.Matches(Of("heap-growth"), Severity::kCritical));
}

TEST(FailOn, TakesTheMildestOfSeveralSeverities) {
  EXPECT_TRUE(ParseFailOn("critical,info,warning")->Matches(Of("x"), Severity::kInfo));
  EXPECT_FALSE(ParseFailOn("critical,tmp-growth")->Matches(Of("x"), Severity::kWarning));
}

TEST(FailOn, NeverMatchesWhenEmpty) {
  EXPECT_FALSE(ParseFailOn("")->Matches(Of("heap-growth"), Severity::kCritical));
  EXPECT_FALSE(ParseFailOn(" ")->Matches(Of("heap-growth"), Severity::kCritical));
}

TEST(FailOn, KnowsEveryRule) {
  for (const std::string_view rule : kRuleNames) EXPECT_TRUE(ParseFailOn(rule).ok()) << rule;
}

TEST(FailOn, NamesWhatItDoesNotKnowAndAllItKnows) {
  for (const char* text : {"heap-grwth", "warning,,info", "warning,", "Warning", "error", "x\ny"}) {
    const auto fail_on = ParseFailOn(text);
    ASSERT_FALSE(fail_on.ok()) << text;
    const std::string message(fail_on.status().message());
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    EXPECT_THAT(message, HasSubstr("info, warning, critical, heap-growth"));
  }
  EXPECT_THAT(std::string(ParseFailOn("heap-grwth").status().message()), HasSubstr("is it heap-growth?"));
}

TEST(FailOn, JudgesASummaryByItsWorst) {
  Summary summary;
  EXPECT_FALSE(ParseFailOn("info")->Matches(summary));
  summary.findings.resize(1);
  summary.findings[0].severity = Severity::kWarning;
  EXPECT_TRUE(ParseFailOn("warning")->Matches(summary));
  EXPECT_FALSE(ParseFailOn("critical")->Matches(summary));
}

}  // namespace
}  // namespace cleanslate
