#pragma once

// Legal ways of speaking HTTP that a client rarely meets, and the freeze between invocations: `--emulate`.

#include <string_view>

#include "absl/status/statusor.h"

namespace cleanslate {

struct Faults {
  bool dribble = false;     // replies leave 7 bytes at a time, at least their heads and the first kilobyte
  bool lower_case = false;  // header names
  bool close = false;       // the connection ends after each reply
  bool chunked = false;     // every reply that has a body
  bool freeze = false;      // the function's processes are stopped between invocations
};

inline constexpr std::string_view kFaultNames = "dribble, lower-case, close, chunked, freeze";

// "dribble,close". The error names the word that is unknown.
absl::StatusOr<Faults> ParseFaults(std::string_view text);

}  // namespace cleanslate
