// What people and dashboards see, byte by byte: a change of it is a decision, made by running this test with
// CLEANSLATE_UPDATE_GOLDEN=1 and reading the difference.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "report/aggregate.h"
#include "report/json_line.h"
#include "report/render.h"
#include "sample_reports.h"

namespace cleanslate {
namespace {

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GOLDEN_REPORTS) + "/" + name;
  if (std::getenv("CLEANSLATE_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  ASSERT_TRUE(file.is_open()) << path;
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << path;
}

// Five windows of one environment, as a leaky handler leaves them.
Summary Orders(bool leaky) {
  Aggregate aggregate;
  for (int i = 1; i <= 5; ++i) {
    Report report = samples::Orders();
    report.timestamp_ms += i * 1000;
    report.window.first = report.window.last = i;
    report.window.request_ids = {"8f5e000" + std::to_string(i)};
    report.left_out.clear();
    if (!leaky) {
      report.findings.clear();
    } else {
      Finding descriptor = report.findings[0];
      descriptor.rule = "descriptor-leak";
      descriptor.severity = Severity::kCritical;
      descriptor.subject = "/tmp/a.txt";
      descriptor.message = "a descriptor of /tmp/a.txt stays open in each invocation (now 5)";
      descriptor.fingerprint = "v1:0000000000000001";
      descriptor.where = {{"read_config", "config.c", 40, "libconfig.so", "", 0},
                          {"handler", "app.py", 12, "", "", 0},
                          {"", "", 0, "python3.11", "00ff", 0x1234}};
      descriptor.trend = {Pattern::kGrowing, i, i, 1, "descriptors", 1019 - i, 1024};
      report.findings.push_back(descriptor);
      Finding heap = report.findings[0];
      heap.rule = "heap-retained";
      heap.severity = Severity::kInfo;
      heap.subject = "re.compile";
      heap.message = "4.1 KB in 12 blocks stay, without growth";
      heap.fingerprint = "v1:0000000000000002";
      heap.where = {{"re.compile", "re/__init__.py", 250, "", "", 0}};
      heap.trend = {Pattern::kStable, i, 1, 0, "bytes", std::nullopt, std::nullopt};
      report.findings.push_back(heap);
    }
    aggregate.Add(report);
  }
  return aggregate.Summarize();
}

TEST(Golden, Line) {
  std::string lines;
  Report init = samples::Orders();
  init.type = ReportType::kInit;
  init.window = {};
  init.findings.clear();
  init.survived = {};
  init.left_out.clear();
  Report quiet = init;
  quiet.type = ReportType::kQuiet;
  quiet.reason = "our memory has reached its cap";
  for (const Report& report : {init, samples::Orders(), samples::Everything(1, 2), quiet, Report{}}) {
    lines += ToLine(report) + "\n";
  }
  ExpectGolden("lines.jsonl", lines);
}

TEST(Golden, LineWithinItsLimit) {
  std::string lines;
  for (const std::size_t limit : {512, 700, 1024, 1500, 2048, 4096, 8192}) {
    lines += ToLine(samples::Everything(6, 5), limit) + "\n";
  }
  ExpectGolden("fitted.jsonl", lines);
}

TEST(Golden, LineOfHostileNames) {
  std::string lines;
  for (const std::string& name : samples::HostileNames()) {
    lines += ToLine(samples::EverythingNamed(name, 1, 1), 4096) + "\n";
    lines += ToLine(samples::EverythingNamed(name, 1, 1), 512) + "\n";
  }
  ExpectGolden("hostile.jsonl", lines);
}

TEST(Golden, Text) {
  ExpectGolden("leaky.txt", RenderText(Orders(true)));
  ExpectGolden("clean.txt", RenderText(Orders(false)));
  ExpectGolden("leaky-color.txt", RenderText(Orders(true), {true, 60}));
}

TEST(Golden, Json) {
  ExpectGolden("leaky.json", RenderJson(Orders(true)));
}

}  // namespace
}  // namespace cleanslate
