#pragma once

// environment-changed: variables that invocations leave with another value, or leave behind.
//
// A variable that is set once, or to the same value every time, is configuration and only told of. One that
// gets another value in invocation after invocation carries a request's data into the next. Names that
// accumulate are counted by their pattern, and all together where they have none.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "analysis/draft.h"
#include "analysis/recurrence.h"
#include "analysis/survivors.h"

namespace cleanslate {

class EnvironmentRules {
 public:
  explicit EnvironmentRules(std::size_t max_origins)
      : max_origins_(max_origins), values_(max_origins), names_(max_origins) {}

  void Observe(WindowNumber window, const std::vector<EnvironmentChange>& changes, Drafts& drafts);

  std::int64_t forgotten() const { return values_.forgotten() + names_.forgotten(); }

 private:
  std::size_t max_origins_;
  std::set<std::string> seen_;  // names that were ever added
  Recurrence values_;           // by name
  Recurrence names_;            // new names, by pattern
};

}  // namespace cleanslate
