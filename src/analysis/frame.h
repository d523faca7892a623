#pragma once

// One step of a call stack in the user's words. Unknown members are empty or 0.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "record/stack_id.h"

namespace cleanslate {

struct Frame {
  std::string function;
  std::string file;
  int line = 0;
  std::string module;    // file name of the program or library, without its folder
  std::string build_id;  // lower-case hexadecimal, from the ELF note
  // Of the call inside the module's file, for symbolizing afterwards: the address as its symbols have it,
  // before the loader moved it (not the position in the file). It lies inside the call, before where it
  // returns to.
  std::uint64_t offset = 0;
};

// Innermost frame first. A stack whose outer end could not be walked ends with a frame of this module and
// nothing else.
using Frames = std::vector<Frame>;
inline constexpr std::string_view kCutModule = "[cut]";

// Turns a stack into names. The conductor hands one in; analysis never looks at memory itself.
using StackNamer = std::function<Frames(StackId)>;

}  // namespace cleanslate
