#pragma once

// Many reports in one value: findings merged by fingerprint, windows counted by environment. What `run` and
// `report` print is a rendering of it.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "analysis/finding.h"
#include "report/report.h"

namespace cleanslate {

// One cause, over all windows and environments.
struct FindingSummary {
  Finding latest;                       // as its latest report told it
  Severity severity = Severity::kInfo;  // the worst that it ever had
  std::int64_t windows = 0;             // reports that hold it
  std::int64_t environments = 0;        // in how many environments
  std::string first_request_id, last_request_id;
};

struct EnvironmentSummary {
  std::string id;
  std::string runtime;
  FunctionFacts function;
  std::int64_t pid = 0;
  std::int64_t windows = 0;                        // reported, not run: clean ones may have been kept silent
  std::int64_t first_window = 0, last_window = 0;  // ordinals of invocations; 0: none
  std::int64_t findings = 0;                       // of all its reports
  bool has_latest = false;                         // `latest` is of a report other than quiet
  Report latest;                                   // the last one, without its findings
  std::string quiet_reason;                        // why watching stopped; empty: it did not
};

// What a reader met on the way.
struct LogCounts {
  std::int64_t torn = 0;     // ours, but cut or damaged
  std::int64_t foreign = 0;  // lines and events that are not ours
};

struct Totals {
  std::int64_t windows = 0;
  std::int64_t reports = 0;  // windows, and init, restore, exit and quiet reports
  std::int64_t survived_heap_bytes = 0;
  std::int64_t survived_descriptors = 0;
  std::int64_t survived_files = 0;
  std::int64_t duplicates = 0;                   // the same report again: inputs may overlap
  std::map<std::string, std::int64_t> left_out;  // by the lines' limit and the snapshots' budget
  // Findings that were set aside, in all windows: by the text of a line of suppressions, here or inside of
  // the function, and by the name of a known survivor. What was too much to list is in `left_out`.
  std::map<std::string, std::int64_t> suppressed;
  std::map<std::string, std::int64_t> known;
};

// A line of suppressions that has matched nothing.
struct UnusedSuppression {
  std::string file;
  int line = 0;
  std::string text;  // rule:glob
};

struct Summary {
  std::vector<EnvironmentSummary> environments;  // in the order they were met
  std::vector<FindingSummary> findings;          // worst first, then most windows, then by rule and subject
  Totals totals;
  std::vector<UnusedSuppression> unused_suppressions;
  LogCounts log;

  std::int64_t CountOf(Severity severity) const;  // of distinct findings
};

class Aggregate {
 public:
  // The text of the line that silences a finding, if one does.
  using Suppression = std::function<std::optional<std::string>(const Finding&)>;

  explicit Aggregate(Suppression suppression = {});
  ~Aggregate();

  // In any order: the latest is told by time, then by the window's number.
  void Add(Report report);

  Summary Summarize() const;

 private:
  struct Cause;

  void AddFinding(const Report& report, const Finding& finding);
  void SetAside(std::map<std::string, std::int64_t>& counts, const char* kind, const std::string& name,
                std::int64_t count);
  EnvironmentSummary& EnvironmentOf(const Report& report);

  Suppression suppression_;
  Totals totals_;
  std::vector<EnvironmentSummary> environments_;
  absl::flat_hash_map<std::string, std::size_t> environment_index_;
  std::vector<Cause> causes_;
  absl::flat_hash_map<std::string, std::size_t> cause_index_;
  absl::flat_hash_set<std::string> seen_;
};

}  // namespace cleanslate
