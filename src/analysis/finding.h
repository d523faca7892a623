#pragma once

// A judgement over one or more windows, as the contract's report shows it.

#include <cstdint>
#include <optional>
#include <string>

#include "analysis/frame.h"
#include "record/stack_id.h"

namespace cleanslate {

enum class Severity : std::uint8_t { kInfo, kWarning, kCritical };

enum class Pattern : std::uint8_t {
  kNew,       // seen for the first time
  kWarming,   // still filling up, too early to tell
  kStable,    // was there, does not grow
  kGrowing,   // grows window after window
  kReplaced,  // renewed: the old one goes when the new one comes
};

struct Trend {
  Pattern pattern = Pattern::kNew;
  std::int64_t windows = 0;                 // looked at
  std::int64_t grew = 0;                    // in how many of them it grew
  double per_window = 0;                    // average growth, in `unit`
  std::string unit;                         // "bytes", "descriptors", "files", "entries"
  std::optional<std::int64_t> exhausts_in;  // windows until `limit` at this pace
  std::optional<std::int64_t> limit;
};

struct Finding {
  std::string rule;  // a name of the contract's table: "heap-growth"
  Severity severity = Severity::kInfo;
  std::string subject;  // what it is about: a function, a path pattern, a peer
  std::string message;  // one sentence in the user's words
  std::string
      fingerprint;  // "v1:" and 16 hexadecimal digits: same cause, same text, in any environment and build
  std::int64_t count = 0;
  std::int64_t bytes = 0;
  Frames where;
  Trend trend;
  WindowNumber first_seen = 0;
  std::int64_t age = 0;  // windows since first_seen, itself included
};

}  // namespace cleanslate
