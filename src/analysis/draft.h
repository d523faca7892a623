#pragma once

// A finding before it has names: what a rule says of one origin in one window. Internal to this room.
//
// A rule is a class with one method Observe that takes the window's values and appends drafts. It knows
// nothing of names, suppressions or words; judge.cc adds these.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/finding.h"
#include "analysis/series.h"
#include "record/stack_id.h"

namespace cleanslate {

struct Draft {
  std::string_view rule;
  Severity severity = Severity::kInfo;
  StackId stack = StackId::kNone;  // to be named; the representative where there are several
  std::string file;                // where a named variable is assigned, in place of a stack
  int line = 0;
  StackId code = StackId::kNone;  // one frame that names the thing itself, where it is the user's function
  std::string subject;            // empty: the suspect's name
  std::string pattern;            // what the fingerprint takes where no name is the user's
  std::string noun;               // one of `count`: "block", "descriptor", "connection", "file", "thread"
  std::string fact;       // for a rule whose sentence isn't made of nouns: "the umask is left changed"
  std::string_view by;    // between a fact and the suspect's name: "set by"; empty: it isn't named
  std::string_view unit;  // of the trend: "bytes", "descriptors", "files", "threads", "changes", "entries"
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  Growth growth;
  WindowNumber first_seen = 0;
  std::optional<std::int64_t> limit;     // in the trend's unit
  std::optional<std::int64_t> headroom;  // what is left until `limit`
};

using Drafts = std::vector<Draft>;

}  // namespace cleanslate
