#pragma once

// working-directory-changed, signal-handler-changed, locale-changed, umask-changed: attributes of the process
// that invocations leave other than they were at the baseline.
//
// Each time that an invocation sets one and leaves it so counts, to whatever value: what the last invocation
// set is what the next one finds. What is set once, by a lazy set-up, is only told of.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analysis/draft.h"
#include "analysis/recurrence.h"
#include "analysis/survivors.h"

namespace cleanslate {

class AttributeRules {
 public:
  explicit AttributeRules(std::size_t max_origins) : settings_(max_origins) {}

  void Observe(WindowNumber window, const std::vector<ProcessAttribute>& now,
               const std::vector<AttributeChange>& changes, Drafts& drafts);

  std::int64_t forgotten() const { return settings_.forgotten(); }

 private:
  std::map<std::string, ProcessAttribute> baseline_;  // by name
  Recurrence settings_;                               // by name
};

}  // namespace cleanslate
