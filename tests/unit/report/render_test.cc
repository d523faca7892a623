#include "report/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "nlohmann/json.hpp"
#include "report/safe_text.h"
#include "sample_reports.h"

namespace cleanslate {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

Summary Of(const std::vector<Report>& reports) {
  Aggregate aggregate;
  for (const Report& report : reports) aggregate.Add(report);
  return aggregate.Summarize();
}

TEST(RenderText, NamesTheCulpritAndItsTrend) {
  const std::string text = RenderText(Of({samples::Orders()}));
  EXPECT_THAT(text, HasSubstr("orders (python3.11): 1 window, invocation 5, environment 6f0c\n"));
  EXPECT_THAT(text, HasSubstr("warning variable-growth: app.cache\n"));
  EXPECT_THAT(
      text, HasSubstr("  global list app.cache grew by 1 entry in each of the last 4 invocations (now 5)\n"));
  EXPECT_THAT(text, HasSubstr("    at app.py:1\n"));
  EXPECT_THAT(text, HasSubstr("  grew in 4 of 5 windows, +1 entry each\n"));
  EXPECT_THAT(text, HasSubstr("1 warning in 1 window of 1 environment\n"));
  EXPECT_THAT(text, Not(HasSubstr("clean:")));
}

TEST(RenderText, ShowsTheUsersOwnFrameHoweverDeepItIs) {
  Report report = samples::Orders();
  Frames& where = report.findings[0].where;
  where = {{"operator new", "", 0, "libstdc++.so.6", "", 0},
           {"std::allocator<char>::allocate", "allocator.h", 188, "shop", "", 0},
           {"std::string::_M_create", "basic_string.tcc", 155, "shop", "", 0},
           {"std::vector<int>::push_back", "stl_vector.h", 1287, "shop", "", 0},
           {"Grow", "shop.cc", 12, "shop", "", 0},
           {"main", "shop.cc", 20, "shop", "", 0}};
  const std::string deep = RenderText(Of({report}));
  EXPECT_THAT(deep, HasSubstr("    at Grow (shop.cc:12, shop)\n    at main (shop.cc:20, shop)\n  grew"));
  EXPECT_THAT(deep, Not(HasSubstr("operator new")));
  where.erase(where.begin() + 1, where.begin() + 3);
  EXPECT_THAT(RenderText(Of({report})),
              HasSubstr("    at operator new (in libstdc++.so.6)\n    at std::vector<int>::push_back "
                        "(stl_vector.h:1287, shop)\n    at Grow (shop.cc:12, shop)\n  grew"));
  where = {{"operator new", "", 0, "libstdc++.so.6", "00", 16},
           {"", "", 0, "shop", "ff", 0x2622},
           {"", "", 0, "shop", "ff", 4}};
  EXPECT_THAT(RenderText(Of({report})),
              HasSubstr("    at operator new (in libstdc++.so.6)\n    at shop+0x2622\n  grew"))
      << "stripped";
}

TEST(RenderText, SaysWhenALimitIsReached) {
  Report report = samples::Orders();
  report.findings[0].trend = {Pattern::kGrowing, 10, 10, 2, "descriptors", 37, 1024};
  EXPECT_THAT(
      RenderText(Of({report}), {false, 200}),
      HasSubstr("grew in 10 of 10 windows, +2 descriptors each; at this pace the limit of 1024 descriptors "
                "is reached in 37 windows\n"));
  report.findings[0].trend = {Pattern::kGrowing, 10, 10, 4210, "bytes", std::nullopt, std::nullopt};
  EXPECT_THAT(RenderText(Of({report})), HasSubstr("+4.1 KB each\n"));
}

TEST(RenderText, CallsCleanWhatDoesNotDrift) {
  Report report = samples::Orders();
  report.findings.clear();
  const std::string text = RenderText(Of({report}));
  EXPECT_THAT(text, HasSubstr("clean: nothing that drifts\n"));
  EXPECT_THAT(text,
              HasSubstr("the last window left heap 4.1 KB in 12 blocks, 1 descriptor, 1 file, 1 variable\n"));
  EXPECT_THAT(text, HasSubstr("      at grow (leak.c:12, libleak.so)\n"));
  EXPECT_THAT(text, HasSubstr("    file /tmp/a.txt: created, 10 bytes\n"));
  report.survived = {};
  EXPECT_THAT(RenderText(Of({report})), HasSubstr("the last window left nothing behind\n"));
}

TEST(RenderText, CallsCleanWhatOnlyLooksIntended) {
  Report report = samples::Orders();
  report.findings[0].severity = Severity::kInfo;
  const std::string text = RenderText(Of({report}));
  EXPECT_THAT(text, HasSubstr("clean: nothing that drifts\n"));
  EXPECT_THAT(text,
              HasSubstr("survived, and looks intended:\n  variable-growth: global list app.cache grew"));
  EXPECT_THAT(text, HasSubstr("1 info in 1 window"));
}

TEST(RenderText, LetsInformationNotDrownWhatDrifts) {
  Report report = samples::Orders();
  for (int i = 0; i < 12; ++i) {
    Finding info = report.findings[0];
    info.severity = Severity::kInfo;
    info.fingerprint = "v1:" + std::to_string(i);
    report.findings.push_back(info);
  }
  const std::string text = RenderText(Of({report}));
  EXPECT_THAT(text, HasSubstr("  and 7 more, which --format json lists\n"));
  EXPECT_LT(text.find("warning variable-growth"), text.find("survived, and looks intended"));
}

TEST(RenderText, ShowsFramesWithoutNamesOnlyWhereNoneHasOne) {
  Report report = samples::Orders();
  report.findings[0].where = {{"", "", 0, "python3.11", "ff", 0x10},
                              {"grow", "", 0, "libleak.so", "ff", 0x20}};
  EXPECT_THAT(RenderText(Of({report})), HasSubstr("    at grow (in libleak.so)\n"));
  EXPECT_THAT(RenderText(Of({report})), Not(HasSubstr("0x10")));
  report.findings[0].where.pop_back();
  EXPECT_THAT(RenderText(Of({report})), HasSubstr("    at python3.11+0x10\n"));
}

TEST(RenderText, SaysWhenThereIsNothing) {
  EXPECT_EQ(RenderText({}), "no reports were found\n");
  Report report;
  report.type = ReportType::kInit;
  EXPECT_THAT(RenderText(Of({report})), HasSubstr("no window was reported"));
}

TEST(RenderText, SaysWhatWasSkippedAndWhy) {
  Summary summary = Of({samples::Orders(), samples::Orders()});
  summary.log = {2, 500};
  summary.totals.suppressed = {{"tmp-growth:/tmp/cache/*", 1}};
  const std::string text = RenderText(summary);
  EXPECT_THAT(text, HasSubstr("2 reports were torn or damaged, and skipped\n"));
  EXPECT_THAT(text, HasSubstr("1 finding suppressed (tmp-growth:/tmp/cache/* 1x)\n"));
  EXPECT_THAT(text, HasSubstr("1 report was met more than once and counted once\n"));
  EXPECT_THAT(text, HasSubstr("left out of the reports: 3 heap sites"));
  EXPECT_THAT(text, Not(HasSubstr("500")));
}

TEST(RenderText, CountsWhatWasSetAside) {
  Summary summary = Of({samples::Orders()});
  EXPECT_THAT(RenderText(summary), Not(HasSubstr("suppressed")));
  EXPECT_THAT(RenderText(summary), Not(HasSubstr("harmless")));
  summary.totals.suppressed = {{"tmp-growth:/tmp/cache/*", 2}};
  summary.totals.known = {{"python-re-cache", 3}, {"aws-trace-id", 1}};
  EXPECT_THAT(
      RenderText(summary, {false, 200}),
      HasSubstr("2 findings suppressed (tmp-growth:/tmp/cache/* 2x), 4 known harmless (python-re-cache "
                "3x, aws-trace-id 1x: `cleanslate explain python-re-cache`)\n"));
  summary.totals.suppressed.clear();
  summary.totals.known = {{"of another version", 3}};
  EXPECT_THAT(RenderText(summary), HasSubstr("\n3 known harmless (of another version 3x)\n"));
  summary.totals.known.clear();
  summary.totals.left_out["suppressed"] = 7;
  EXPECT_THAT(RenderText(summary), HasSubstr("\n7 findings suppressed (by what the reports left out)\n"));
  for (int i = 0; i < 9; ++i) summary.totals.suppressed["a:" + std::to_string(i)] = i + 1;
  EXPECT_THAT(RenderText(summary, {false, 200}),
              HasSubstr("52 findings suppressed (a:8 9x, a:7 8x, a:6 7x, a:5 6x, a:4 5x and 4 more)\n"));
}

TEST(RenderText, NamesSuppressionsThatNeverMatched) {
  Summary summary = Of({samples::Orders()});
  summary.unused_suppressions = {{"cleanslate.supp", 4, "heap-growth:foo"}};
  EXPECT_THAT(RenderText(summary),
              HasSubstr("\ncleanslate.supp:4: heap-growth:foo never matched: remove it?\n"));
  summary.unused_suppressions.resize(30, {"a\x1b[2J", 5, "heap-growth:\n"});
  EXPECT_THAT(RenderText(summary), HasSubstr("a\\x1b[2J:5: heap-growth:\\x0a never matched: remove it?\n"));
  EXPECT_THAT(RenderText(summary), HasSubstr("and 20 more lines that never matched"));
}

TEST(RenderText, SaysWhyWatchingStopped) {
  Report report = samples::Orders();
  Report quiet;
  quiet.type = ReportType::kQuiet;
  quiet.environment = report.environment;
  quiet.reason = "our memory has reached its cap";
  EXPECT_THAT(RenderText(Of({report, quiet})),
              HasSubstr("watching stopped: our memory has reached its cap\n"));
}

TEST(RenderText, ColoursOnlyWhenAsked) {
  const Summary summary = Of({samples::Orders()});
  EXPECT_THAT(RenderText(summary), Not(HasSubstr("\x1b")));
  EXPECT_THAT(RenderText(summary, {true, 100}), HasSubstr("\x1b[33;1mwarning\x1b[0m"));
}

TEST(RenderText, LetsNoNameActOnTheTerminal) {
  for (const std::string& name : samples::HostileNames()) {
    for (const Severity severity : {Severity::kInfo, Severity::kCritical}) {
      Report report = samples::EverythingNamed(name, 6, 2);
      report.window.request_ids = {name};
      for (Finding& finding : report.findings) {
        finding.severity = severity;
        finding.rule = name;
        finding.fingerprint = "v1:" + std::to_string(finding.trend.exhausts_in.value());
      }
      report.left_out[name] = 3;
      report.suppressed[name] = report.known[name] = 3;
      Report quiet = report;
      quiet.type = ReportType::kQuiet;
      quiet.reason = name;
      const std::string text = RenderText(Of({report, quiet}));
      for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << text;
      std::string without_lines = text;
      std::erase(without_lines, '\n');
      EXPECT_EQ(Visible(without_lines), without_lines);
      EXPECT_TRUE(json::accept(RenderJson(Of({report, quiet}))));
    }
  }
}

TEST(RenderText, FoldsItsSentences) {
  const std::string text = RenderText(Of({samples::Orders()}), {false, 50});
  EXPECT_THAT(
      text,
      HasSubstr("  global list app.cache grew by 1 entry in each of\n  the last 4 invocations (now 5)\n"));
}

TEST(RenderText, NamesAFewEnvironmentsAndCountsTheRest) {
  std::vector<Report> reports;
  for (int i = 0; i < 42; ++i) {
    reports.push_back(samples::Orders());
    reports.back().environment = "environment" + std::to_string(i);
  }
  const std::string text = RenderText(Of(reports));
  EXPECT_THAT(text, HasSubstr("and 37 more environments\n"));
  EXPECT_THAT(text, HasSubstr("seen in 42 windows of 42 environments"));
}

TEST(RenderJson, IsTheObjectOfTheInterface) {
  const json object = json::parse(RenderJson(Of({samples::Orders()})));
  EXPECT_EQ(object["schema"], "1.0");
  EXPECT_EQ(object["windows"], 1);
  EXPECT_EQ(object["environments"][0]["id"], "6f0c");
  EXPECT_EQ(object["environments"][0]["function"]["name"], "orders");
  const json& finding = object["findings"][0];
  EXPECT_EQ(finding["rule"], "variable-growth");
  EXPECT_EQ(finding["severity"], "warning");
  EXPECT_EQ(finding["subject"], "app.cache");
  EXPECT_EQ(finding["fingerprint"], "v1:b3c1000000000000");
  EXPECT_EQ(finding["where"][0]["file"], "app.py");
  EXPECT_EQ(finding["windows"], 1);
  EXPECT_EQ(finding["firstRequestId"], "8f5e");
  EXPECT_EQ(finding["lastRequestId"], "8f5e");
  EXPECT_EQ(finding["trend"]["pattern"], "growing");
  EXPECT_EQ(object["totals"]["warning"], 1);
  EXPECT_EQ(object["totals"]["survivedHeapBytes"], 4210);
}

TEST(RenderJson, CountsWhatWasSetAside) {
  Summary summary = Of({samples::Orders()});
  summary.totals.suppressed = {{"tmp-growth:/tmp/cache/*", 2}};
  summary.totals.known = {{"python-re-cache", 3}};
  summary.unused_suppressions = {{"cleanslate.supp", 4, "heap-growth:foo"}};
  const json totals = json::parse(RenderJson(summary))["totals"];
  EXPECT_EQ(totals["suppressed"], json({{"tmp-growth:/tmp/cache/*", 2}}));
  EXPECT_EQ(totals["known"], json({{"python-re-cache", 3}}));
  EXPECT_EQ(totals["unusedSuppressions"].dump(),
            R"([{"file":"cleanslate.supp","line":4,"text":"heap-growth:foo"}])");
}

TEST(RenderJson, KeepsItsFormWhenThereIsNothing) {
  const json object = json::parse(RenderJson({}));
  EXPECT_EQ(object["windows"], 0);
  EXPECT_TRUE(object["environments"].is_array());
  EXPECT_TRUE(object["findings"].is_array());
  for (const char* counts : {"leftOut", "suppressed", "known"})
    EXPECT_TRUE(object["totals"][counts].is_object()) << counts;
  EXPECT_TRUE(object["totals"]["unusedSuppressions"].is_array());
}

}  // namespace
}  // namespace cleanslate
