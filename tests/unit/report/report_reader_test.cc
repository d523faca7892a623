#include "report/report_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "report/json_line.h"
#include "sample_reports.h"

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ContractLine() {
  std::ifstream file(GOLDEN_REPORTS "/contract.jsonl");
  std::string line;
  std::getline(file, line);
  return line;
}

TEST(ReportReader, ReadsTheExampleOfTheInterface) {
  const auto report = ReadLine(ContractLine());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->type, ReportType::kWindow);
  EXPECT_EQ(report->timestamp_ms, 1795410131123);
  EXPECT_EQ(report->function.name, "orders");
  EXPECT_EQ(report->function.memory_mb, 128);
  EXPECT_THAT(report->window.request_ids, ElementsAre("8f5e..."));
  EXPECT_DOUBLE_EQ(report->window.duration_ms, 12.4);
  ASSERT_EQ(report->findings.size(), 1u);
  EXPECT_EQ(report->findings[0].severity, Severity::kWarning);
  EXPECT_EQ(report->findings[0].trend.pattern, Pattern::kGrowing);
  EXPECT_FALSE(report->findings[0].trend.limit.has_value());
  EXPECT_EQ(report->findings[0].where[0].file, "app.py");
  EXPECT_EQ(report->survived.heap.sites[0].where[0].line, 12);
  EXPECT_EQ(report->survived.variables[0].after, 5);
  EXPECT_EQ(report->live.rss_bytes, 31457280);
  EXPECT_EQ(report->left_out.at("heap.sites"), 3);
  EXPECT_EQ(report->cost.boundary_us, 412);
}

TEST(ReportReader, ReadsBackWhatWasWritten) {
  std::vector<Report> reports = {Report{}, samples::Orders(), samples::Everything(3, 3)};
  for (const std::string& name : samples::HostileNames())
    reports.push_back(samples::EverythingNamed(name, 2, 2));
  for (const Report& report : reports) {
    for (const std::size_t limit : {kNoLineLimit, std::size_t{512}, std::size_t{1200}, std::size_t{4096}}) {
      const std::string line = ToLine(report, limit);
      const auto read = ReadLine(line);
      ASSERT_TRUE(read.ok()) << read.status() << "\n" << line;
      EXPECT_EQ(CountFindings(*read), CountFindings(report));
      EXPECT_EQ(CountDescriptors(*read), CountDescriptors(report));
      EXPECT_EQ(CountFiles(*read), CountFiles(report));
      if (!read->left_out.contains("entries")) {  // which the shortest line has in place of all others
        EXPECT_EQ(CountSuppressed(*read), CountSuppressed(report)) << line;
        EXPECT_EQ(CountKnown(*read), CountKnown(report)) << line;
      }
      EXPECT_EQ(read->survived.heap.bytes, report.survived.heap.bytes);
      EXPECT_EQ(read->timestamp_ms, report.timestamp_ms);
      if (limit == kNoLineLimit) {
        EXPECT_EQ(ToLine(*read), line);
      }
    }
  }
}

TEST(ReportReader, IgnoresWhatItDoesNotKnowAndMissesNothing) {
  const auto report = ReadLine(
      R"({"new":[1,{"a":null}],"cleanslate":{"schema":"1.7","type":"window","future":{"x":1},"findings":[{"rule":"r","extra":true}]}})");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->findings[0].rule, "r");
  EXPECT_EQ(report->survived.heap.bytes, 0);
}

TEST(ReportReader, TakesTheTimeFromEitherMember) {
  const auto report = ReadLine(
      R"({"timestamp":"2026-11-23T06:02:11.123+01:00","cleanslate":{"schema":"1.0","type":"window"}})");
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->timestamp_ms, 1795410131123);
}

TEST(ReportReader, TellsWhatIsNotAReport) {
  for (const char* text : {"{}", "[]", "3", R"("cleanslate")", R"({"cleanslate":1})", R"({"cleanslate":{}})",
                           R"({"message":"cleanslate: invocation 1"})"}) {
    EXPECT_TRUE(absl::IsNotFound(ReadLine(text).status())) << text;
  }
}

TEST(ReportReader, RefusesWhatIsNotJson) {
  const std::string line = ToLine(samples::Orders());
  for (const std::string& text :
       {std::string(), std::string("{"), line.substr(0, line.size() - 1), line + line, line + "x", "x" + line,
        std::string(R"({"cleanslate":{"schema":"1.0","type":"window","pid":NaN}})"),
        std::string("{\"cleanslate\":{\"schema\":\"1\n0\"}}"),
        std::string("{\"cleanslate\":{\"schema\":\"1.0\",\"runtime\":\"\xff\"}}"),
        std::string(R"({"cleanslate":{"schema":"1.0","type":"window","pid":1e999}})")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadLine(text).status())) << text;
  }
}

TEST(ReportReader, NamesTheMemberOfAnotherType) {
  const auto expect_fault = [](const char* core, const char* name) {
    const auto report =
        ReadLine(std::string(R"({"cleanslate":{"schema":"1.0","type":"window",)") + core + "}}");
    ASSERT_FALSE(report.ok()) << core;
    EXPECT_THAT(std::string(report.status().message()), HasSubstr(name));
  };
  expect_fault(R"("pid":"17")", "cleanslate.pid");
  expect_fault(R"("pid":1.5)", "cleanslate.pid");
  expect_fault(R"("pid":9223372036854775808)", "cleanslate.pid");
  expect_fault(R"("pid":-1e30)", "cleanslate.pid");
  expect_fault(R"("type":"party")", "cleanslate.type");
  expect_fault(R"("window":[])", "cleanslate.window");
  expect_fault(R"("window":{"requestIds":[1]})", "cleanslate.window.requestIds");
  expect_fault(R"("findings":[{},{"severity":"awful"}])", "cleanslate.findings[1].severity");
  expect_fault(R"("findings":[7])", "cleanslate.findings[0]");
  expect_fault(R"("survived":{"files":[{"where":[{"line":3000000000}]}]})", "files[0].where[0].line");
  expect_fault(R"("leftOut":{"files":-1})", "cleanslate.leftOut.files");
  expect_fault(R"("suppressed":[])", "cleanslate.suppressed");
  expect_fault(R"("known":{"python-re-cache":"3"})", "cleanslate.known.python-re-cache");
}

TEST(ReportReader, TakesFromTheTopWhatAShortLineLeavesOut) {
  const auto report = ReadLine(
      R"({"FunctionName":"f","SurvivedHeapBytes":7,"SurvivedFiles":3,"LiveDescriptors":9,"cleanslate":{"schema":"1.0","type":"window"}})");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->function.name, "f");
  EXPECT_EQ(report->survived.heap.bytes, 7);
  EXPECT_EQ(CountFiles(*report), 3);
  EXPECT_EQ(report->live.descriptors, 9);
}

TEST(ReportReader, NeverOverflowsItsCounts) {
  const auto report = ReadLine(
      R"({"SurvivedFiles":9223372036854775807,"cleanslate":{"schema":"1.0","type":"window","survived":{"files":[{}],"descriptors":[{}]},)"
      R"("leftOut":{"files":9223372036854775807,"descriptors":9223372036854775807}}})");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(CountFiles(*report), 1LL << 50);
  EXPECT_GT(CountDescriptors(*report), 1LL << 50);
}

TEST(ReportReader, ReadsWhatIsNewInSurvivors) {
  Report report = samples::Everything(1, 1);
  report.survived.threads[0].start = "Worker";
  report.survived.processes[0].state = "ended";
  const auto read = ReadLine(ToLine(report));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->survived.threads[0].start, "Worker");
  EXPECT_EQ(read->survived.processes[0].state, "ended");
  EXPECT_EQ(read->live.processes, 1);
  EXPECT_EQ(read->live.deleted_bytes, 4096);
  EXPECT_EQ(read->live.unaccounted_bytes, 8192);
  EXPECT_EQ(read->suppressed, report.suppressed);
  EXPECT_EQ(read->known, report.known);
}

TEST(ReportReader, TakesWholeNumbersHoweverTheyAreWritten) {
  const auto report =
      ReadLine(R"({"cleanslate":{"schema":"1.0","type":"window","pid":1.7e1,"runtime":null}})");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->pid, 17);
}

TEST(ReportReader, RefusesASchemaThatItCanNotKnow) {
  for (const char* schema : {R"("2.0")", R"("10.0")", R"("x")", R"("")", "1", "null"}) {
    const auto report = ReadLine(std::string(R"({"cleanslate":{"schema":)") + schema + "}}");
    EXPECT_TRUE(absl::IsInvalidArgument(report.status())) << schema;
  }
}

TEST(ReportReader, RefusesWhatIsTooDeepOrTooLong) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReadLine(std::string(1000000, '[')).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadLine(std::string(kLongestReport + 1, ' ')).status()));
  std::string nested = R"({"cleanslate":{"schema":"1.0","type":"window"},"a":)" +
                       std::string(kDeepestReport - 1, '[') + std::string(kDeepestReport - 1, ']') + "}";
  EXPECT_TRUE(ReadLine(nested).ok());
  nested.insert(nested.find('['), "[").insert(nested.rfind(']'), "]");
  EXPECT_TRUE(absl::IsInvalidArgument(ReadLine(nested).status()));
  EXPECT_TRUE(
      ReadLine(
          R"({"cleanslate":{"schema":"1.0","type":"window","runtime":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}})")
          .ok());
}

}  // namespace
}  // namespace cleanslate
