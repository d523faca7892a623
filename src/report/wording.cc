#include "report/wording.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace cleanslate {
namespace {

constexpr std::int64_t kKilobyte = 1024;

std::int64_t LeftOut(const Report& report, const char* key) {
  const auto found = report.left_out.find(key);
  return found == report.left_out.end() ? 0 : found->second;
}

void Append(std::string& list, std::string_view part) {
  if (!list.empty()) list += ", ";
  list += part;
}

template <typename Entries>
void AppendCount(std::string& list, const Report& report, const Entries& entries, const char* key,
                 std::string_view singular, std::string_view plural = {}) {
  const std::int64_t count = static_cast<std::int64_t>(entries.size()) + LeftOut(report, key);
  if (count != 0) Append(list, Counted(count, singular, plural));
}

std::string LiveSentence(const Live& live) {
  std::string text = "heap " + HumanBytes(live.heap_bytes) + " in " + Counted(live.heap_blocks, "block");
  Append(text, Counted(live.descriptors, "descriptor"));
  Append(text, Counted(live.tmp_files, "file"));
  return text;
}

}  // namespace

std::string HumanBytes(std::int64_t bytes) {
  if (bytes > -kKilobyte && bytes < kKilobyte) return Counted(bytes, "byte");
  static constexpr std::array<const char*, 6> kUnits = {"KB", "MB", "GB", "TB", "PB", "EB"};
  double value = static_cast<double>(bytes) / kKilobyte;
  std::size_t unit = 0;
  // 1,023.95 would be shown as "1024.0": it belongs to the next unit.
  while ((value >= 1023.95 || value <= -1023.95) && unit + 1 < kUnits.size()) {
    value /= kKilobyte;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string Counted(std::int64_t count, std::string_view singular, std::string_view plural) {
  std::string text = std::to_string(count) + ' ';
  if (count == 1) return text.append(singular);
  if (!plural.empty()) return text.append(plural);
  return text.append(singular).append("s");
}

std::string SpanOf(const Report& report) {
  if (report.type != ReportType::kWindow) return std::string(NameOf(report.type));
  const WindowSpan& window = report.window;
  if (window.first == window.last) return "invocation " + std::to_string(window.first);
  return "invocations " + std::to_string(window.first) + "-" + std::to_string(window.last);
}

std::string SurvivedSentence(const Report& report) {
  const Survived& survived = report.survived;
  std::string text;
  if (survived.heap.blocks != 0 || survived.heap.bytes != 0) {
    text = "heap " + HumanBytes(survived.heap.bytes) + " in " + Counted(survived.heap.blocks, "block");
  }
  AppendCount(text, report, survived.mappings, "mappings", "mapping site");
  AppendCount(text, report, survived.descriptors, "descriptors", "descriptor");
  AppendCount(text, report, survived.files, "files", "file");
  AppendCount(text, report, survived.threads, "threads", "thread");
  AppendCount(text, report, survived.processes, "processes", "process", "processes");
  AppendCount(text, report, survived.environment, "environment", "environment variable");
  AppendCount(text, report, survived.process, "process", "process attribute");
  AppendCount(text, report, survived.variables, "variables", "variable");
  return text;
}

std::string MessageOf(const Report& report) {
  std::string message = "cleanslate: " + SpanOf(report) + ": ";
  if (report.type == ReportType::kQuiet) {
    return message + (report.reason.empty() ? "watching has stopped" : report.reason);
  }
  const std::int64_t findings = CountFindings(report);
  const std::string survived = SurvivedSentence(report);
  if (report.type == ReportType::kInit && findings == 0 && survived.empty()) {
    return message + "baseline of " + LiveSentence(report.live);
  }
  message += findings == 0 ? "no findings" : Counted(findings, "finding");
  message += survived.empty() ? "; nothing survived" : "; survived: " + survived;
  return message;
}

Severity WorstOf(const std::vector<Finding>& findings) {
  Severity worst = Severity::kInfo;
  for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
  return worst;
}

std::string_view LevelOf(const Report& report) {
  switch (WorstOf(report.findings)) {
    case Severity::kCritical:
      return "ERROR";
    case Severity::kWarning:
      return "WARN";
    case Severity::kInfo:
      break;
  }
  return "INFO";
}

}  // namespace cleanslate
