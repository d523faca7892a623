#pragma once

// One function that leaks through several call stacks: in every invocation, but each stack only in some. No
// stack alone is steady then; together they are.
//
// The stacks are grouped by their suspect, which takes names; so this looks only when each of the last
// windows saw some stack rise, at the largest few, and remembers those that are nobody's. Only the user's own
// functions are suspected: everything that an interpreter allocates shares the interpreter's.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/draft.h"
#include "record/stack_id.h"

namespace cleanslate {

// A stack that rose in some of the last windows and never fell.
struct RestlessSite {
  static constexpr std::size_t kWindows = 4;

  StackId stack = StackId::kNone;
  Amount live;
  Amount rises[kWindows];  // of the last windows, the latest first
  WindowNumber first_seen = 0;
};

class SharedCauses {
 public:
  // The name of the cause behind a stack; empty when there is no user's function in it.
  using CauseOf = std::function<std::string(StackId)>;

  // A draft of `rule` for each cause that rose in each of the last windows, by way of two stacks or more.
  void Find(WindowNumber window, std::string_view rule, std::string_view noun,
            std::vector<RestlessSite> sites, const CauseOf& cause_of, Drafts& drafts);

 private:
  std::unordered_map<StackId, std::string> known_;
};

}  // namespace cleanslate
