#pragma once

// What of the static data has changed, by variable: for the rule and for the report's list. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/data_name.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

struct ChangedStatic {
  std::string name;        // "g_last_user"; without a symbol "bootstrap data at 0x4060"
  std::string module;      // file name of the program or library, without its folder
  bool named = false;      // by a symbol
  std::int64_t bytes = 0;  // of the variable; without a symbol, of what changed
  bool text = false;       // what changed in it is text, or some of it
  // What the fingerprint takes: the same in every build, so without a symbol no more than the module.
  std::string pattern;
};

// Those that hold text first, then by module and name. A range that spans several variables counts for each.
// At most `most`, those with text before others; the first name of each costs a small read of a file.
std::vector<ChangedStatic> ChangedStatics(const std::vector<StaticRange>& changed, const DataNamer& name,
                                          std::size_t most = 4096);

}  // namespace cleanslate
