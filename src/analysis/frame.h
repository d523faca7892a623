#pragma once

// One step of a call stack in the user's words. Unknown members are empty or 0.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "record/stack_id.h"

namespace cleanslate {

struct Frame {
  std::string function;
  std::string file;
  int line = 0;
  std::string module;        // file name of the program or library, without its folder
  std::string build_id;      // lower-case hexadecimal, from the ELF note
  std::uint64_t offset = 0;  // of the call inside the module's file, for symbolizing afterwards
};

// Innermost frame first.
using Frames = std::vector<Frame>;

// Turns a stack into names. The conductor hands one in; analysis never looks at memory itself.
using StackNamer = std::function<Frames(StackId)>;

}  // namespace cleanslate
