#include "report/json_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "sample_reports.h"

namespace cleanslate {
namespace {

using nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

ordered_json ParsedLine(const Report& report, std::size_t limit = kNoLineLimit) {
  return ordered_json::parse(ToLine(report, limit));
}

std::vector<std::string> MemberNames(const ordered_json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(JsonLine, WritesTheMembersInTheOrderOfTheInterface) {
  const ordered_json line = ParsedLine(samples::Orders());
  EXPECT_THAT(
      MemberNames(line),
      ElementsAre("level", "timestamp", "message", "FunctionName", "SurvivedHeapBytes", "SurvivedDescriptors",
                  "SurvivedFiles", "LiveDescriptors", "TmpBytes", "Findings", "cleanslate", "_aws"));
  EXPECT_THAT(MemberNames(line["cleanslate"]),
              ElementsAre("schema", "type", "environment", "pid", "runtime", "function", "window", "findings",
                          "survived", "live", "leftOut", "cost"));
  EXPECT_THAT(MemberNames(line["cleanslate"]["findings"][0]),
              ElementsAre("rule", "severity", "subject", "message", "fingerprint", "count", "bytes", "where",
                          "trend", "firstSeen", "age"));
  EXPECT_THAT(MemberNames(line["cleanslate"]["survived"]),
              ElementsAre("heap", "descriptors", "files", "variables"));
  EXPECT_THAT(MemberNames(line["cleanslate"]["window"]),
              ElementsAre("first", "last", "requestIds", "concurrent", "coldStart", "durationMs"));
}

TEST(JsonLine, SaysWhatTheReportSays) {
  const ordered_json line = ParsedLine(samples::Orders());
  EXPECT_EQ(line["level"], "WARN");
  EXPECT_EQ(line["timestamp"], "2026-11-23T05:02:11.123Z");
  EXPECT_EQ(line["message"],
            "cleanslate: invocation 5: 1 finding; survived: heap 4.1 KB in 12 blocks, 1 descriptor, 1 file, "
            "1 variable");
  EXPECT_EQ(line["FunctionName"], "orders");
  EXPECT_EQ(line["SurvivedHeapBytes"], 4210);
  EXPECT_EQ(line["LiveDescriptors"], 9);
  EXPECT_EQ(line["cleanslate"]["window"]["durationMs"], 12.4);
  EXPECT_EQ(line["cleanslate"]["findings"][0]["trend"]["perWindow"].dump(), "1");
  EXPECT_TRUE(line["cleanslate"]["findings"][0]["trend"]["exhaustsIn"].is_null());
  EXPECT_EQ(line["cleanslate"]["survived"]["heap"]["sites"][0]["where"][0]["function"], "grow");
}

TEST(JsonLine, DirectsEveryMetricWithItsUnit) {
  const ordered_json line = ParsedLine(samples::Orders());
  EXPECT_EQ(line["_aws"]["Timestamp"], 1795410131123);
  const ordered_json& group = line["_aws"]["CloudWatchMetrics"][0];
  EXPECT_EQ(group["Namespace"], "CleanSlate");
  EXPECT_EQ(group["Dimensions"].dump(), R"([["FunctionName"]])");
  std::vector<std::string> metrics;
  for (const auto& metric : group["Metrics"]) {
    metrics.push_back(metric["Name"].get<std::string>() + " " + metric["Unit"].get<std::string>());
    EXPECT_TRUE(line[metric["Name"].get<std::string>()].is_number_integer());
  }
  EXPECT_THAT(metrics,
              ElementsAre("SurvivedHeapBytes Bytes", "SurvivedDescriptors Count", "SurvivedFiles Count",
                          "LiveDescriptors Count", "TmpBytes Bytes", "Findings Count"));
}

TEST(JsonLine, KeepsTheMetricsOfAReportThatHoldsNothing) {
  const ordered_json line = ParsedLine(Report{});
  EXPECT_EQ(line["level"], "INFO");
  EXPECT_EQ(line["SurvivedHeapBytes"], 0);
  EXPECT_EQ(line["Findings"], 0);
  EXPECT_EQ(line["FunctionName"], "unknown");
  EXPECT_FALSE(line["cleanslate"].contains("findings"));
  EXPECT_FALSE(line["cleanslate"].contains("survived"));
  EXPECT_THAT(line["message"].get<std::string>(), HasSubstr("no findings; nothing survived"));
}

TEST(JsonLine, TakesTheLevelFromTheWorstFinding) {
  Report report = samples::Orders();
  report.findings.push_back(report.findings[0]);
  report.findings[1].severity = Severity::kInfo;
  EXPECT_EQ(ParsedLine(report)["level"], "WARN");
  report.findings[1].severity = Severity::kCritical;
  EXPECT_EQ(ParsedLine(report)["level"], "ERROR");
  report.findings.erase(report.findings.begin());
  report.findings[0].severity = Severity::kInfo;
  EXPECT_EQ(ParsedLine(report)["level"], "INFO");
}

TEST(JsonLine, HoldsNoControlByteWhateverTheNames) {
  for (const std::string& name : samples::HostileNames()) {
    const std::string line = ToLine(samples::EverythingNamed(name, 2, 2));
    for (const char c : line) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << line;
    EXPECT_TRUE(ordered_json::accept(line));
  }
}

TEST(JsonLine, WritesNumbersThatJsonCanSay) {
  Report report = samples::Orders();
  report.window.duration_ms = std::numeric_limits<double>::infinity();
  report.findings[0].trend.per_window = std::numeric_limits<double>::quiet_NaN();
  const ordered_json line = ParsedLine(report);
  EXPECT_EQ(line["cleanslate"]["window"]["durationMs"], 0);
  EXPECT_EQ(line["cleanslate"]["findings"][0]["trend"]["perWindow"], 0);
}

TEST(JsonLine, SaysWhyItWentQuiet) {
  Report report;
  report.type = ReportType::kQuiet;
  report.reason = "our memory has reached its cap";
  const ordered_json line = ParsedLine(report);
  EXPECT_EQ(line["message"], "cleanslate: quiet: our memory has reached its cap");
  EXPECT_EQ(line["cleanslate"]["reason"], "our memory has reached its cap");
}

TEST(JsonLine, NamesAllInvocationsOfAConcurrentWindow) {
  Report report = samples::Orders();
  report.window = {5, 8, {"a", "b", "c", "d"}, true, false, 1};
  EXPECT_THAT(ParsedLine(report)["message"].get<std::string>(), HasSubstr("cleanslate: invocations 5-8: "));
}

// The limits that people set, and all around the lengths at which the line changes its shape.
std::vector<std::size_t> Limits() {
  std::vector<std::size_t> limits = {0, 1, 511, 512, 513, 4096, 8192, 65536, 250000};
  for (std::size_t limit = 520; limit < 2600; limit += 83) limits.push_back(limit);
  return limits;
}

TEST(JsonLine, IsValidAndWithinEveryLimit) {
  std::vector<Report> reports = {Report{}, samples::Orders(), samples::Everything(20, 8)};
  for (const std::string& name : samples::HostileNames())
    reports.push_back(samples::EverythingNamed(name, 3, 3));
  for (const Report& report : reports) {
    for (const std::size_t limit : Limits()) {
      const std::string line = ToLine(report, limit);
      ASSERT_LT(line.size(), std::max(limit, kLineFloor)) << line;
      ASSERT_TRUE(ordered_json::accept(line)) << limit << ": " << line;
      ASSERT_EQ(line, ToLine(report, limit));
      const ordered_json parsed = ordered_json::parse(line);
      ASSERT_EQ(parsed["SurvivedHeapBytes"], report.survived.heap.bytes);
      ASSERT_EQ(parsed["Findings"], report.findings.size());
    }
  }
}

TEST(JsonLine, FitsTheFloorWithTheLargestNumbers) {
  Report report = samples::EverythingNamed(std::string(300, '\x01'), 3, 2);
  constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();
  report.type = ReportType::kRestore;
  report.timestamp_ms = kSmallest;
  report.pid = kSmallest;
  report.window.first = report.window.last = kSmallest;
  report.survived.heap = {kSmallest, kSmallest, {}};
  report.live = {kSmallest, kSmallest, kSmallest, kSmallest, kSmallest, kSmallest, kSmallest};
  report.suppressed = report.known = {{"a", kLargest}, {"b", kLargest}};
  report.left_out = {{"findings", kLargest - 10}, {"files", kLargest - 10}, {"descriptors", kLargest - 10}};
  const std::string line = ToLine(report, kLineFloor);
  EXPECT_LT(line.size(), kLineFloor) << line;
  EXPECT_TRUE(ordered_json::accept(line));
}

TEST(JsonLine, LeavesOutTheLeastImportantAndCountsIt) {
  const Report report = samples::Everything(20, 10);
  const ordered_json core = ParsedLine(report, 16384)["cleanslate"];
  EXPECT_EQ(core["findings"].size(), 20u);
  EXPECT_FALSE(core["leftOut"].contains("findings"));
  const auto& survived = core["survived"];
  EXPECT_GE(survived["processes"].size(), 3u);
  EXPECT_GE(survived["heap"]["sites"].size(), 3u);
  EXPECT_EQ(survived["files"].size() + core["leftOut"].value("files", 0), 20u);
  EXPECT_EQ(survived["heap"]["sites"].size() + core["leftOut"].value("heap.sites", 0), 20u);
  EXPECT_GT(core["leftOut"]["survived.where"], 0);
}

TEST(JsonLine, KeepsTheWorstFindingsInTheirOrder) {
  Report report = samples::Everything(30, 2);
  const ordered_json findings = ParsedLine(report, 4096)["cleanslate"]["findings"];
  ASSERT_GT(findings.size(), 3u);
  ASSERT_LT(findings.size(), 10u);
  std::int64_t last = -1;
  for (const auto& finding : findings) {
    EXPECT_EQ(finding["severity"], "critical");
    EXPECT_GT(finding["trend"]["exhaustsIn"], last);  // which the sample numbers
    last = finding["trend"]["exhaustsIn"];
    EXPECT_FALSE(finding["where"].empty());
  }
}

TEST(JsonLine, KeepsTheLargestSites) {
  Report report = samples::Orders();
  report.survived.heap.sites.clear();
  for (int i = 0; i < 500; ++i) report.survived.heap.sites.push_back({1, 100000 - i, {}});
  const ordered_json core = ParsedLine(report, 4096)["cleanslate"];
  const auto& sites = core["survived"]["heap"]["sites"];
  ASSERT_GT(sites.size(), 20u);
  for (std::size_t i = 0; i < sites.size(); ++i) EXPECT_EQ(sites[i]["bytes"], 100000 - static_cast<int>(i));
  EXPECT_EQ(core["leftOut"]["heap.sites"], 3 + 500 - static_cast<int>(sites.size()));
}

TEST(JsonLine, ShortensALongNameRatherThanLoseItsFinding) {
  Report report = samples::Orders();
  report.findings[0].subject = "begin" + std::string(10000, 'x') + "end";
  const ordered_json line = ParsedLine(report, 4096);
  const std::string subject = line["cleanslate"]["findings"][0]["subject"];
  EXPECT_THAT(subject, HasSubstr("begin"));
  EXPECT_THAT(subject, HasSubstr("end"));
  EXPECT_THAT(subject, HasSubstr("\xE2\x80\xA6"));
  EXPECT_LT(subject.size(), 300u);
}

TEST(JsonLine, CountsWhatWasSetAsideBehindWhatIsLeftOut) {
  Report report = samples::Orders();
  report.suppressed = {{"tmp-growth:/tmp/cache/*", 2}};
  report.known = {{"python-re-cache", 3}};
  const ordered_json core = ParsedLine(report)["cleanslate"];
  EXPECT_THAT(MemberNames(core),
              ElementsAre("schema", "type", "environment", "pid", "runtime", "function", "window", "findings",
                          "survived", "live", "leftOut", "suppressed", "known", "cost"));
  EXPECT_EQ(core["suppressed"].dump(), R"({"tmp-growth:/tmp/cache/*":2})");
  EXPECT_EQ(core["known"].dump(), R"({"python-re-cache":3})");
  EXPECT_EQ(ParsedLine(report)["Findings"], 1) << "they are no findings";
}

TEST(JsonLine, BoundsWhatWasSetAside) {
  Report report = samples::Orders();
  for (int i = 1; i <= 100; ++i)
    report.suppressed["tmp-growth:" + std::string(300, static_cast<char>('a' + i % 26)) + std::to_string(i)] =
        i;
  const ordered_json whole = ParsedLine(report)["cleanslate"];
  EXPECT_EQ(whole["suppressed"].size(), 16u);
  EXPECT_TRUE(whole["suppressed"].contains("tmp-growth:" + std::string(300, 'w') + "100"));
  EXPECT_EQ(whole["leftOut"]["suppressed"], 84 * 85 / 2);
  const ordered_json fitted = ParsedLine(report, 4096)["cleanslate"];
  EXPECT_EQ(fitted["suppressed"].size(), 4u);
  for (const auto& [name, count] : fitted["suppressed"].items()) EXPECT_LE(name.size(), 64u);
  EXPECT_EQ(fitted["leftOut"]["suppressed"], 96 * 97 / 2);
  EXPECT_EQ(fitted["findings"].size(), 1u);
  const ordered_json lean = ParsedLine(report, 1700)["cleanslate"];
  EXPECT_FALSE(lean.contains("suppressed"));
  EXPECT_EQ(lean["leftOut"]["suppressed"], 100 * 101 / 2);
  EXPECT_GE(ParsedLine(report, 512)["cleanslate"]["leftOut"]["entries"], 100 * 101 / 2);
}

TEST(JsonLine, WritesOneMemberForNamesThatReadTheSame) {
  Report report = samples::Orders();
  report.suppressed = {{"tmp-growth:\xff", 2}, {"tmp-growth:\xfe", 3}};
  EXPECT_EQ(ParsedLine(report)["cleanslate"]["suppressed"].dump(), "{\"tmp-growth:\xEF\xBF\xBD\":5}");
}

TEST(JsonLine, EscapesWhatATerminalObeys) {
  Report report = samples::Orders();
  report.function.name =
      "a\x7f\xC2\x9b"
      "31m\xC2\x85\xE2\x80\xA8\xC3\xA9";
  const std::string line = ToLine(report);
  EXPECT_THAT(line, HasSubstr("a\\u007f\\u009b31m\\u0085\\u2028\xC3\xA9"));
  EXPECT_EQ(ParsedLine(report)["FunctionName"], report.function.name);
}

TEST(JsonLine, GivesUpNothingThatFits) {
  const Report report = samples::Everything(2, 2);
  const std::string whole = ToLine(report);
  EXPECT_EQ(ToLine(report, whole.size() + 1), whole);  // the newline counts
  EXPECT_NE(ToLine(report, whole.size()), whole);
  EXPECT_THAT(ToLine(report, whole.size()), Not(HasSubstr("\"live\":1")));
}

TEST(JsonLine, TakesTensOfThousandsOfEntries) {
  const Report report = samples::Everything(10000, 3);
  const ordered_json core = ParsedLine(report, 4096)["cleanslate"];
  EXPECT_EQ(core["leftOut"]["heap.sites"].get<std::size_t>() +
                (core["survived"].contains("heap") && core["survived"]["heap"].contains("sites")
                     ? core["survived"]["heap"]["sites"].size()
                     : 0),
            10000u);
}

}  // namespace
}  // namespace cleanslate
