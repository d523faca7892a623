#include "report/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>

#include "sample_reports.h"

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Report Window(const std::string& environment, int number) {
  Report report = samples::Orders();
  report.environment = environment;
  report.timestamp_ms += number * 1000;
  report.window.first = report.window.last = number;
  report.window.request_ids = {environment + "-" + std::to_string(number)};
  report.findings[0].trend.windows = number;
  return report;
}

TEST(Aggregate, MergesAFindingOverWindowsAndEnvironments) {
  Aggregate aggregate;
  for (int i = 1; i <= 3; ++i) aggregate.Add(Window("a", i));
  aggregate.Add(Window("b", 5));
  const Summary summary = aggregate.Summarize();
  ASSERT_EQ(summary.findings.size(), 1u);
  const FindingSummary& finding = summary.findings[0];
  EXPECT_EQ(finding.windows, 4);
  EXPECT_EQ(finding.environments, 2);
  EXPECT_EQ(finding.first_request_id, "a-1");
  EXPECT_EQ(finding.last_request_id, "b-5");
  EXPECT_EQ(finding.latest.trend.windows, 5);
  EXPECT_EQ(summary.totals.windows, 4);
  EXPECT_EQ(summary.totals.survived_heap_bytes, 4 * 4210);
  EXPECT_EQ(summary.totals.left_out.at("heap.sites"), 12);
  ASSERT_EQ(summary.environments.size(), 2u);
  EXPECT_EQ(summary.environments[0].id, "a");
  EXPECT_EQ(summary.environments[0].windows, 3);
  EXPECT_EQ(summary.environments[0].first_window, 1);
  EXPECT_EQ(summary.environments[0].last_window, 3);
}

TEST(Aggregate, DoesNotDependOnTheOrderOfReports) {
  Aggregate forwards, backwards;
  for (int i = 1; i <= 6; ++i) forwards.Add(Window("a", i));
  for (int i = 6; i >= 1; --i) backwards.Add(Window("a", i));
  const Summary a = forwards.Summarize();
  const Summary b = backwards.Summarize();
  EXPECT_EQ(a.findings[0].first_request_id, "a-1");
  EXPECT_EQ(b.findings[0].first_request_id, "a-1");
  EXPECT_EQ(b.findings[0].last_request_id, "a-6");
  EXPECT_EQ(b.findings[0].latest.trend.windows, 6);
  EXPECT_EQ(b.environments[0].latest.window.last, 6);
  EXPECT_EQ(b.environments[0].first_window, 1);
}

TEST(Aggregate, KeepsTheWorstSeverity) {
  Aggregate aggregate;
  for (const Severity severity : {Severity::kInfo, Severity::kCritical, Severity::kWarning}) {
    Report report = Window("a", static_cast<int>(severity) + 1);
    report.findings[0].severity = severity;
    aggregate.Add(report);
  }
  EXPECT_EQ(aggregate.Summarize().findings[0].severity, Severity::kCritical);
}

TEST(Aggregate, PutsTheWorstFirst) {
  Report report = Window("a", 1);
  report.findings.resize(3, report.findings[0]);
  report.findings[0].severity = Severity::kInfo;
  report.findings[1].severity = Severity::kCritical;
  for (int i = 0; i < 3; ++i) report.findings[i].fingerprint = "v1:" + std::to_string(i);
  Aggregate aggregate;
  aggregate.Add(report);
  const Summary summary = aggregate.Summarize();
  ASSERT_EQ(summary.findings.size(), 3u);
  EXPECT_EQ(summary.findings[0].latest.fingerprint, "v1:1");
  EXPECT_EQ(summary.findings[2].latest.fingerprint, "v1:0");
  EXPECT_EQ(summary.CountOf(Severity::kWarning), 1);
}

TEST(Aggregate, CountsTheSameReportOnce) {
  Aggregate aggregate;
  aggregate.Add(Window("a", 1));
  aggregate.Add(Window("a", 1));
  aggregate.Add(Window("a", 2));
  const Summary summary = aggregate.Summarize();
  EXPECT_EQ(summary.totals.windows, 2);
  EXPECT_EQ(summary.totals.duplicates, 1);
  EXPECT_EQ(summary.findings[0].windows, 2);
}

TEST(Aggregate, SetsSuppressedFindingsApart) {
  Aggregate aggregate([](const Finding& finding) -> std::optional<std::string> {
    if (finding.subject != "app.cache") return std::nullopt;
    return "variable-growth:app.cache";
  });
  Report report = Window("a", 1);
  report.findings.push_back(report.findings[0]);
  report.findings[1].subject = "app.other";
  report.findings[1].fingerprint = "v1:other";
  aggregate.Add(report);
  const Summary summary = aggregate.Summarize();
  ASSERT_EQ(summary.findings.size(), 1u);
  EXPECT_EQ(summary.findings[0].latest.subject, "app.other");
  EXPECT_THAT(summary.totals.suppressed, ElementsAre(Pair("variable-growth:app.cache", 1)));
  EXPECT_EQ(summary.environments[0].findings, 1);
}

TEST(Aggregate, AddsUpWhatTheFunctionHasSetAside) {
  Aggregate aggregate;
  for (int i = 1; i <= 3; ++i) {
    Report report = Window("a", i);
    report.suppressed = {{"tmp-growth:/tmp/cache/*", 2}};
    report.known = {{"aws-trace-id", 1}};
    report.left_out = {{"known", 4}};
    aggregate.Add(report);
    aggregate.Add(report);  // met again
  }
  const Totals totals = aggregate.Summarize().totals;
  EXPECT_THAT(totals.suppressed, ElementsAre(Pair("tmp-growth:/tmp/cache/*", 6)));
  EXPECT_THAT(totals.known, ElementsAre(Pair("aws-trace-id", 3)));
  EXPECT_THAT(totals.left_out, ElementsAre(Pair("known", 12)));
}

TEST(Aggregate, KeepsABoundedNumberOfNames) {
  Aggregate aggregate;
  Report report = Window("a", 1);
  report.left_out.clear();
  for (int i = 0; i < 10000; ++i) report.known["name" + std::to_string(i)] = 1;
  report.known["name1"] = std::numeric_limits<std::int64_t>::max();
  aggregate.Add(report);
  const Totals totals = aggregate.Summarize().totals;
  EXPECT_EQ(totals.known.size(), 4096u);
  EXPECT_EQ(totals.left_out.at("known"), 10000 - 4096);
}

TEST(Aggregate, TellsFindingsWithoutFingerprintBySubject) {
  Report report = Window("a", 1);
  report.findings[0].fingerprint.clear();
  report.findings.push_back(report.findings[0]);
  report.findings[1].subject = "app.other";
  Aggregate aggregate;
  aggregate.Add(report);
  EXPECT_EQ(aggregate.Summarize().findings.size(), 2u);
}

TEST(Aggregate, CountsOnlyWindowsAsWindows) {
  Aggregate aggregate;
  Report report = Window("a", 0);
  report.type = ReportType::kInit;
  report.survived.heap.bytes = 1000;
  aggregate.Add(report);
  report.type = ReportType::kQuiet;
  report.reason = "why";
  aggregate.Add(report);
  const Summary summary = aggregate.Summarize();
  EXPECT_EQ(summary.totals.windows, 0);
  EXPECT_EQ(summary.totals.reports, 2);
  EXPECT_EQ(summary.totals.survived_heap_bytes, 0);
  EXPECT_EQ(summary.environments[0].quiet_reason, "why");
  EXPECT_EQ(summary.environments[0].latest.type, ReportType::kInit);
}

TEST(Aggregate, KeepsWhatAShortLineLeavesOut) {
  Aggregate aggregate;
  aggregate.Add(Window("a", 1));
  Report report = Window("a", 2);
  report.runtime.clear();
  report.function = {};
  aggregate.Add(report);
  EXPECT_EQ(aggregate.Summarize().environments[0].runtime, "python3.11");
  EXPECT_EQ(aggregate.Summarize().environments[0].function.name, "orders");
}

TEST(Aggregate, NeverOverflows) {
  Aggregate aggregate;
  for (int i = 0; i < 3; ++i) {
    Report report = Window("a", i);
    report.survived.heap.bytes = std::numeric_limits<std::int64_t>::max();
    aggregate.Add(report);
  }
  EXPECT_EQ(aggregate.Summarize().totals.survived_heap_bytes, std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace cleanslate
