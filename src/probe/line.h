#pragma once

// What a language's runtime keeps in its own small blocks, which never come by malloc: how many there are,
// and where those that stay were born. Plain values.

#include <cstdint>
#include <string>
#include <vector>

#include "record/stack_id.h"

namespace cleanslate {

// A line that left something in each window that was watched.
struct LineSurvivors {
  std::string file;  // below the task root, or as the runtime names it
  int line = 0;
  std::string function;
  bool own = false;                             // the user's own code
  std::vector<std::int64_t> blocks_per_window;  // the oldest first
  std::vector<std::int64_t> bytes_per_window;
};

struct LineSnapshot {
  std::int64_t small_blocks = -1;  // that are in use; -1: nobody has counted them
  bool watching = false;           // at the end of this boundary
  bool looked = false;             // a watch ends here, and `lines` is what it has seen
  WindowNumber since = 0;          // the first window of that watch
  std::vector<LineSurvivors> lines;
  std::int64_t left_out = 0;  // births that there was no room for
};

}  // namespace cleanslate
