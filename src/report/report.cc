#include "report/report.h"

#include <array>
#include <limits>
#include <utility>

namespace cleanslate {
namespace {

template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<ReportType, 5> kTypes = {{{ReportType::kInit, "init"},
                                          {ReportType::kWindow, "window"},
                                          {ReportType::kRestore, "restore"},
                                          {ReportType::kExit, "exit"},
                                          {ReportType::kQuiet, "quiet"}}};

constexpr Names<Severity, 3> kSeverities = {
    {{Severity::kInfo, "info"}, {Severity::kWarning, "warning"}, {Severity::kCritical, "critical"}}};

constexpr Names<Pattern, 5> kPatterns = {{{Pattern::kNew, "new"},
                                          {Pattern::kWarming, "warming"},
                                          {Pattern::kStable, "stable"},
                                          {Pattern::kGrowing, "growing"},
                                          {Pattern::kReplaced, "replaced"}}};

template <typename Enum, std::size_t N>
std::string_view Find(const Names<Enum, N>& names, Enum value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return names[0].second;
}

template <typename Enum, std::size_t N>
bool Find(const Names<Enum, N>& names, std::string_view text, Enum& value) {
  for (const auto& [candidate, name] : names) {
    if (name != text) continue;
    value = candidate;
    return true;
  }
  return false;
}

std::int64_t Whole(const Report& report, std::size_t listed, const char* key) {
  const auto missing = report.left_out.find(key);
  return static_cast<std::int64_t>(listed) + (missing == report.left_out.end() ? 0 : missing->second);
}

std::int64_t WholeOf(const Report& report, const std::map<std::string, std::int64_t>& counts,
                     const char* key) {
  std::int64_t sum = Whole(report, 0, key);
  // A line that was read may say anything: at the largest number a sum stays.
  for (const auto& [name, count] : counts) {
    if (__builtin_add_overflow(sum, count, &sum)) return std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

}  // namespace

std::int64_t CountFindings(const Report& report) {
  return Whole(report, report.findings.size(), "findings");
}

std::int64_t CountDescriptors(const Report& report) {
  return Whole(report, report.survived.descriptors.size(), "descriptors");
}

std::int64_t CountFiles(const Report& report) {
  return Whole(report, report.survived.files.size(), "files");
}

std::int64_t CountSuppressed(const Report& report) {
  return WholeOf(report, report.suppressed, "suppressed");
}

std::int64_t CountKnown(const Report& report) {
  return WholeOf(report, report.known, "known");
}

std::string_view NameOf(ReportType type) {
  return Find(kTypes, type);
}
std::string_view NameOf(Severity severity) {
  return Find(kSeverities, severity);
}
std::string_view NameOf(Pattern pattern) {
  return Find(kPatterns, pattern);
}

bool Parse(std::string_view name, ReportType& value) {
  return Find(kTypes, name, value);
}
bool Parse(std::string_view name, Severity& value) {
  return Find(kSeverities, name, value);
}
bool Parse(std::string_view name, Pattern& value) {
  return Find(kPatterns, name, value);
}

}  // namespace cleanslate
