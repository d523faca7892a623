#pragma once

// Whom to name. The suspect of a stack is its innermost frame that belongs to the user: not to the C and C++
// libraries or an allocator, not to a language's runtime, not to a well-known library that a user calls (TLS,
// HTTP, databases). Where no frame is the user's, a frame of a library stands in, then of a runtime, then the
// innermost that isn't an allocator's.

#include <string>
#include <string_view>

#include "analysis/frame.h"

namespace cleanslate {

struct Suspect {
  const Frame* frame = nullptr;  // into the frames it was looked for in; null when there are none
  bool users = false;            // it is the user's own code
  bool collected =
      false;            // no frame is the user's and the runtime frees in its own time (Node.js, Java, ...)
  bool cycles = false;  // no frame is the user's, and the runtime frees cycles in its own time (Python)
};

Suspect FindSuspect(const Frames& frames);

// Is the program or library of this file name the user's own, by the same list: "bootstrap", "libcart.so",
// "fastjson.cpython-311-x86_64-linux-gnu.so" are, "libc.so.6", "python3.11", "libssl.so.3" aren't.
bool IsUsersModule(std::string_view module);

// "cart::Add" for "void cart::Add<int>(std::vector<int>&) [clone .constprop.0]": without return type,
// arguments, template arguments, compilers' clone suffixes and Rust's hash.
std::string PlainFunction(std::string_view function);

// "libcart" for "libcart.so.1.2", "leak" for "leak.cpython-311-x86_64-linux-gnu.so", "python" for
// "python3.11".
std::string PlainModule(std::string_view module);

}  // namespace cleanslate
