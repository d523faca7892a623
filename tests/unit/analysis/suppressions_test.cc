#include "analysis/suppressions.h"

#include <chrono>
#include <string>
#include <vector>

#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr sys_days kToday(year(2026) / month(11) / day(23));

Suppressions Parse(std::string_view text, std::vector<SuppressionDiagnostic>* wrong = nullptr) {
  return Suppressions::Parse(text, kToday, wrong);
}

// What is said of a single line; empty when it is in force.
std::string Fault(const std::string& line) {
  std::vector<SuppressionDiagnostic> wrong;
  const Suppressions parsed = Parse(line, &wrong);
  EXPECT_EQ(parsed.All().size() + wrong.size(), 1u) << line;
  return wrong.empty() ? "" : wrong[0].message;
}

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
  return Parse(text).Suppress(finding) != nullptr;
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
  const Suppressions parsed = Parse(
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
  const Suppressions parsed = Parse(
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

TEST(Suppressions, TakeADateAndAReason) {
  std::vector<SuppressionDiagnostic> wrong;
  const Suppressions parsed = Parse(
      "tmp-growth:/tmp/cache/* until=2026-12-31 # ORD-17: bounded # by the number of templates\n"
      "heap-growth:grow\tuntil=2026-11-23\n"
      "connection-leak:tcp 10.0.0.7:5432 #the pool\n",
      &wrong);
  EXPECT_THAT(wrong, IsEmpty());
  ASSERT_THAT(parsed.All(), SizeIs(3));
  EXPECT_EQ(parsed.All()[0].glob, "/tmp/cache/*");
  EXPECT_EQ(parsed.All()[0].until, "2026-12-31");
  EXPECT_EQ(parsed.All()[0].reason, "ORD-17: bounded # by the number of templates");
  EXPECT_EQ(parsed.All()[0].Text(), "tmp-growth:/tmp/cache/*");
  EXPECT_EQ(parsed.All()[1].glob, "grow") << "its last day is today";
  EXPECT_EQ(parsed.All()[2].glob, "tcp 10.0.0.7:5432");
  EXPECT_EQ(parsed.All()[2].reason, "the pool");
}

TEST(Suppressions, LeaveAGlobItsBlanksAndItsNumberSigns) {
  const Suppressions parsed = Parse(
      "tmp-growth:/tmp/page#2\n"
      "heap-growth:main::{lambda()#1}::operator()\n"
      "tmp-growth:#cache\n"
      "tmp-growth:/tmp/my  cache/a?#1\n"
      "variable-growth:cfg.valid_until=now\n"
      "tmp-growth:/tmp/x?until=y\n");
  ASSERT_THAT(parsed.All(), SizeIs(6));
  EXPECT_EQ(parsed.All()[0].glob, "/tmp/page#2");
  EXPECT_EQ(parsed.All()[1].glob, "main::{lambda()#1}::operator()");
  EXPECT_EQ(parsed.All()[2].glob, "#cache");
  EXPECT_EQ(parsed.All()[3].glob, "/tmp/my  cache/a?#1");
  EXPECT_EQ(parsed.All()[4].glob, "cfg.valid_until=now");
  EXPECT_EQ(parsed.All()[5].glob, "/tmp/x?until=y");
  for (const Suppression& line : parsed.All()) EXPECT_EQ(line.until + line.reason, "");
}

TEST(Suppressions, EndWithTheirDay) {
  std::vector<SuppressionDiagnostic> wrong;
  Suppressions parsed = Parse(
      "# kept\n"
      "tmp-growth:/tmp/cache/* until=2026-11-22  # a day too late\n",
      &wrong);
  ASSERT_THAT(wrong, SizeIs(1));
  EXPECT_EQ(wrong[0].line, 2);
  EXPECT_EQ(wrong[0].message, "expired on 2026-11-22: tmp-growth:/tmp/cache/* no longer silences");
  EXPECT_EQ(parsed.Suppress(Of("tmp-growth", "/tmp/cache/a")), nullptr);
  EXPECT_THAT(parsed.Unused(), IsEmpty()) << "told of once";
}

TEST(Suppressions, AskForADateThatIsOne) {
  for (const char* date : {"2026-02-30", "2026-13-01", "2026-1-1", "tomorrow", "31-12-2026", "2026/12/31", "",
                           "2026-12-31T00:00", "+026-12-31"}) {
    EXPECT_EQ(
        Fault(std::string("heap-growth:grow until=") + date),
        "'" + std::string(date) + "' is not a date: write until=YYYY-MM-DD, for example until=2026-12-31");
  }
  EXPECT_EQ(Fault("heap-growth:grow until=2028-02-29"), "");
  EXPECT_THAT(Fault("heap-growth:grow until=2026-12-31 known since May"),
              HasSubstr("'known since May' follows the date"));
  EXPECT_THAT(Fault("heap-growth: until=2026-12-31"), HasSubstr("nothing after 'heap-growth:'"));
  EXPECT_THAT(Fault("heap-growth: # all of them"), HasSubstr("nothing after 'heap-growth:'"));
  EXPECT_THAT(Fault("heap-growth # all of them: grow"), HasSubstr("no colon in 'heap-growth'"));
}

TEST(Suppressions, CountTheirUse) {
  Suppressions parsed = Parse("heap-growth:grow\ntmp-growth:/tmp/a\n*:grow\n");
  EXPECT_EQ(parsed.Suppress(Of("heap-growth", "grow")), &parsed.All()[0]);
  EXPECT_EQ(parsed.Suppress(Of("heap-growth", "grow")), &parsed.All()[0]);
  EXPECT_EQ(parsed.Suppress(Of("heap-growth", "shrink")), nullptr);
  EXPECT_EQ(parsed.All()[0].used, 2);
  ASSERT_EQ(parsed.Unused().size(), 2u);
  EXPECT_EQ(parsed.Unused()[0].line, 2);
  EXPECT_EQ(parsed.Unused()[1].line, 3);  // the first that matches wins
}

TEST(Suppressions, KnowEveryRuleOfTheContract) {
  for (const std::string_view rule : kRuleNames) {
    std::vector<SuppressionDiagnostic> wrong;
    Parse(std::string(rule) + ":x", &wrong);
    EXPECT_TRUE(wrong.empty()) << rule;
  }
}

}  // namespace
}  // namespace cleanslate
