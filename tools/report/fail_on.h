#pragma once

// `--fail-on RULE|info|warning|critical[,...]`.

#include <optional>
#include <string>
#include <string_view>

#include "absl/container/btree_set.h"
#include "absl/status/statusor.h"
#include "analysis/finding.h"
#include "report/aggregate.h"

namespace cleanslate {

struct FailOn {
  absl::btree_set<std::string> rules;
  std::optional<Severity> severity;  // this one or worse

  bool Matches(const Finding& finding, Severity severity) const;
  bool Matches(const Summary& summary) const;  // any finding of it
};

// An empty text never matches. The error names what is unknown and all that is valid, on one line.
absl::StatusOr<FailOn> ParseFailOn(std::string_view text);

}  // namespace cleanslate
