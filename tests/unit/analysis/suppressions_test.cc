#include "analysis/suppressions.h"

#include <string>
#include <vector>

#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using testing::HasSubstr;

Finding Of(std::string rule, std::string subject) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.subject = std::move(subject);
  Frame frame;
  frame.function = "render_template";
  frame.module = "libvendor.so";
  frame.file = "src/render.c";
  finding.where = {Frame(), frame};
  return finding;
}

bool Suppresses(const std::string& text, const Finding& finding) {
  return Suppressions::Parse(text).Suppress(finding);
}

TEST(Suppressions, MatchTheSubjectAndAnyFrame) {
  const Finding finding = Of("heap-growth", "grow");
  EXPECT_TRUE(Suppresses("heap-growth:grow", finding));
  EXPECT_TRUE(Suppresses("heap-growth:render_*", finding));
  EXPECT_TRUE(Suppresses("*:libvendor.so", finding));
  EXPECT_TRUE(Suppresses("heap-*:src/render.c", finding));
  EXPECT_TRUE(Suppresses("*:*", finding));
}

TEST(Suppressions, LeaveTheRestAlone) {
  const Finding finding = Of("heap-growth", "grow");
  EXPECT_FALSE(Suppresses("mapping-growth:grow", finding));
  EXPECT_FALSE(Suppresses("heap-growth:shrink", finding));
  EXPECT_FALSE(Suppresses("heap-growth:^row", finding));
  EXPECT_FALSE(Suppresses("", finding));
  EXPECT_FALSE(Suppresses("# heap-growth:grow", finding));
}

TEST(Suppressions, ReadAsPeopleWriteThem) {
  const Suppressions parsed = Suppressions::Parse(
      "\xEF\xBB\xBF# a comment\r\n"
      "\r\n"
      "  heap-growth : grow  \r\n"
      "connection-leak:tcp 10.0.0.7:5432\n"
      "tmp-*:/tmp/cache/*");
  ASSERT_EQ(parsed.All().size(), 3u);
  EXPECT_EQ(parsed.All()[0].line, 3);
  EXPECT_EQ(parsed.All()[0].rule, "heap-growth");
  EXPECT_EQ(parsed.All()[0].glob, "grow");
  EXPECT_EQ(parsed.All()[1].glob, "tcp 10.0.0.7:5432");  // the first colon parts
  EXPECT_EQ(parsed.All()[2].line, 5);
}

TEST(Suppressions, TellOfBadLinesByNumber) {
  std::vector<SuppressionDiagnostic> wrong;
  const Suppressions parsed = Suppressions::Parse(
      "heap-growth:grow\n"
      "just words\n"
      ":grow\n"
      "heap-growth:\n"
      "heap-grwth:grow\n"
      "tmp-growth:/tmp/a\n",
      &wrong);
  EXPECT_EQ(parsed.All().size(), 2u);
  ASSERT_EQ(wrong.size(), 4u);
  EXPECT_EQ(wrong[0].line, 2);
  EXPECT_THAT(wrong[0].message, HasSubstr("just words"));
  EXPECT_EQ(wrong[1].line, 3);
  EXPECT_EQ(wrong[2].line, 4);
  EXPECT_EQ(wrong[3].line, 5);
  EXPECT_THAT(wrong[3].message, HasSubstr("heap-grwth"));
}

TEST(Suppressions, CountTheirUse) {
  Suppressions parsed = Suppressions::Parse("heap-growth:grow\ntmp-growth:/tmp/a\n*:grow\n");
  EXPECT_TRUE(parsed.Suppress(Of("heap-growth", "grow")));
  EXPECT_TRUE(parsed.Suppress(Of("heap-growth", "grow")));
  EXPECT_EQ(parsed.All()[0].used, 2);
  ASSERT_EQ(parsed.Unused().size(), 2u);
  EXPECT_EQ(parsed.Unused()[0].line, 2);
  EXPECT_EQ(parsed.Unused()[1].line, 3);  // the first that matches wins
}

TEST(Suppressions, KnowEveryRuleOfTheContract) {
  for (const std::string_view rule : kRuleNames) {
    std::vector<SuppressionDiagnostic> wrong;
    Suppressions::Parse(std::string(rule) + ":x", &wrong);
    EXPECT_TRUE(wrong.empty()) << rule;
  }
}

}  // namespace
}  // namespace cleanslate
