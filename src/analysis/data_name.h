#pragma once

// A static variable in the user's words.

#include <cstdint>
#include <functional>
#include <string>

#include "snapshot/snapshot.h"

namespace cleanslate {

struct DataName {
  std::string symbol;        // "g_last_user", "Handle(...)::last"; empty when no variable is known there
  std::uint64_t offset = 0;  // where it begins, counted as StaticRange::offset
  // Of the variable; without one, up to where the next known variable begins. 0: not known.
  std::int64_t bytes = 0;
  // It holds what was said to the Runtime API or by it: a buffer of the runtime client's, in which there is
  // always the last request's text.
  bool traffic = false;
};

// Names the variable that a range begins in. The conductor hands one in; analysis never looks at files
// itself.
using DataNamer = std::function<DataName(const StaticRange&)>;

}  // namespace cleanslate
