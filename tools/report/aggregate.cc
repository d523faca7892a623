#include "report/aggregate.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cleanslate {
namespace {

// Logs come from anywhere: a sum stays at the largest number instead of overflowing.
void AddTo(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) {
    sum = more > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
  }
}

constexpr std::size_t kMostSetAside = 4096;  // names of each kind: a log may hold any

// When a report was made, in the order of one environment.
std::pair<std::int64_t, std::int64_t> MomentOf(const Report& report) {
  return {report.timestamp_ms, report.window.last};
}

std::string IdentityOf(const Report& report) {
  const std::string request_id = report.window.request_ids.empty() ? "" : report.window.request_ids.front();
  return absl::StrCat(report.environment, "\n", report.pid, " ", static_cast<int>(report.type), " ",
                      report.window.first, " ", report.window.last, " ", report.timestamp_ms, " ",
                      request_id);
}

std::string CauseOf(const Finding& finding) {
  if (!finding.fingerprint.empty()) return finding.fingerprint;
  return absl::StrCat(finding.rule, "\n", finding.subject);
}

}  // namespace

// A finding's summary and what is needed to keep it.
struct Aggregate::Cause {
  FindingSummary summary;
  std::pair<std::int64_t, std::int64_t> first, last;
  absl::flat_hash_set<std::string> environments;
};

Aggregate::Aggregate(Suppression suppression) : suppression_(std::move(suppression)) {}
Aggregate::~Aggregate() = default;

EnvironmentSummary& Aggregate::EnvironmentOf(const Report& report) {
  const auto [entry, is_new] = environment_index_.try_emplace(report.environment, environments_.size());
  if (is_new) environments_.emplace_back().id = report.environment;
  return environments_[entry->second];
}

void Aggregate::Add(Report report) {
  if (!seen_.insert(IdentityOf(report)).second) {
    ++totals_.duplicates;
    return;
  }
  ++totals_.reports;
  EnvironmentSummary& environment = EnvironmentOf(report);
  if (report.type == ReportType::kWindow) {
    ++totals_.windows;
    ++environment.windows;
    const WindowSpan& window = report.window;
    environment.first_window =
        environment.windows == 1 ? window.first : std::min(environment.first_window, window.first);
    environment.last_window = std::max(environment.last_window, window.last);
    AddTo(totals_.survived_heap_bytes, report.survived.heap.bytes);
    AddTo(totals_.survived_descriptors, CountDescriptors(report));
    AddTo(totals_.survived_files, CountFiles(report));
  }
  for (const auto& [what, count] : report.left_out) AddTo(totals_.left_out[what], count);
  for (const auto& [line, count] : report.suppressed) SetAside(totals_.suppressed, "suppressed", line, count);
  for (const auto& [name, count] : report.known) SetAside(totals_.known, "known", name, count);
  if (report.type == ReportType::kQuiet)
    environment.quiet_reason = report.reason.empty() ? "unknown" : report.reason;

  AddTo(environment.findings, CountFindings(report));
  for (const Finding& finding : report.findings) {
    const std::optional<std::string> line = suppression_ ? suppression_(finding) : std::nullopt;
    if (line) {
      SetAside(totals_.suppressed, "suppressed", *line, 1);
      --environment.findings;
    } else {
      AddFinding(report, finding);
    }
  }

  report.findings.clear();
  // What a short line has left out of the facts, an earlier one may have said.
  if (!report.runtime.empty()) environment.runtime = report.runtime;
  if (!report.function.name.empty()) environment.function = report.function;
  environment.pid = report.pid;
  const bool tells_more = report.type != ReportType::kQuiet;
  if (!environment.has_latest || (tells_more && MomentOf(report) >= MomentOf(environment.latest))) {
    environment.has_latest = tells_more;
    environment.latest = std::move(report);
  }
}

void Aggregate::SetAside(std::map<std::string, std::int64_t>& counts, const char* kind,
                         const std::string& name, std::int64_t count) {
  const bool listed = counts.size() < kMostSetAside || counts.contains(name);
  AddTo(listed ? counts[name] : totals_.left_out[kind], count);
}

void Aggregate::AddFinding(const Report& report, const Finding& finding) {
  const auto [entry, is_new] = cause_index_.try_emplace(CauseOf(finding), causes_.size());
  if (is_new) {
    Cause& cause = causes_.emplace_back();
    cause.first = cause.last = MomentOf(report);
  }
  Cause& cause = causes_[entry->second];
  FindingSummary& summary = cause.summary;
  const auto moment = MomentOf(report);
  const std::vector<std::string>& request_ids = report.window.request_ids;
  ++summary.windows;
  cause.environments.insert(report.environment);
  summary.environments = static_cast<std::int64_t>(cause.environments.size());
  summary.severity = std::max(summary.severity, finding.severity);
  if (is_new || moment < cause.first) {
    cause.first = moment;
    summary.first_request_id = request_ids.empty() ? "" : request_ids.front();
  }
  if (is_new || moment >= cause.last) {
    cause.last = moment;
    summary.last_request_id = request_ids.empty() ? "" : request_ids.back();
    summary.latest = finding;
  }
}

Summary Aggregate::Summarize() const {
  Summary summary;
  summary.environments = environments_;
  summary.totals = totals_;
  summary.findings.reserve(causes_.size());
  for (const Cause& cause : causes_) summary.findings.push_back(cause.summary);
  std::sort(summary.findings.begin(), summary.findings.end(),
            [](const FindingSummary& a, const FindingSummary& b) {
              if (a.severity != b.severity) return a.severity > b.severity;
              if (a.windows != b.windows) return a.windows > b.windows;
              const Finding& x = a.latest;
              const Finding& y = b.latest;
              return std::tie(x.rule, x.subject, x.fingerprint) < std::tie(y.rule, y.subject, y.fingerprint);
            });
  return summary;
}

std::int64_t Summary::CountOf(Severity severity) const {
  return std::count_if(findings.begin(), findings.end(),
                       [severity](const FindingSummary& finding) { return finding.severity == severity; });
}

}  // namespace cleanslate
