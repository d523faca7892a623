#pragma once

// variable-growth, variable-replaced, default-argument-mutated and payload-retained: what a language's
// variables keep.
//
// Growth is of entries: the variable's own where these grow, or all that it leads to. A container that its
// own code or type keeps bounded is no growth: one that ends by itself never, one whose code evicts only
// after more rises than such caches have places, one that counts after more than there are things to count.
// Replaced is text that takes the place of other text, window after window, in a variable that keeps nothing
// of the one before: numbers change in clean functions too (counters, times), and a cache changes its
// entries. A default value is mutated where it grows or holds other texts again and again; filled once it is
// a memo.
//
// A value of the event in a variable is critical at once. Numbers are only believed when the variable follows
// one field of the event, window after window.

#include <cstddef>
#include <cstdint>
#include <string>

#include "analysis/draft.h"
#include "analysis/history.h"
#include "analysis/recurrence.h"
#include "probe/variable.h"

namespace cleanslate {

class VariableRules {
 public:
  explicit VariableRules(std::size_t max_origins)
      : sizes_(max_origins), entries_(max_origins), texts_(max_origins), numbers_(max_origins) {}

  // Once a window, in order.
  void Observe(WindowNumber window, const VariableSnapshot& now, Drafts& drafts);

  std::int64_t forgotten() const {
    return sizes_.forgotten() + entries_.forgotten() + texts_.forgotten() + numbers_.forgotten();
  }

 private:
  void JudgeOne(WindowNumber window, const VariableUpdate& update, Drafts& drafts);
  static Growth GrowthOf(WindowNumber window, const VariableUpdate& update, History<std::string>& history,
                         std::int64_t before, std::int64_t now);
  void JudgeHeld(WindowNumber window, const VariableUpdate& update, Drafts& drafts);

  History<std::string> sizes_;    // by variable: what it holds itself
  History<std::string> entries_;  // likewise: with what it leads to
  Recurrence texts_;
  Recurrence numbers_;  // by variable and field
};

}  // namespace cleanslate
