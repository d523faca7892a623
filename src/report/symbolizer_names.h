#pragma once

// Names of functions and variables as people write them.

#include <string>
#include <string_view>

#include "analysis/frame.h"

namespace cleanslate {

// From the linker's name: C++ and Rust names are demangled; the parameter list, the return type, compilers'
// clone suffixes and Rust's hash go; template arguments stay, standard types in their short form, unless they
// are long. "Cache<std::string>::Insert", "operator new", "grow". Never empty unless `symbol` is.
std::string DisplayFunction(std::string_view symbol);

// The same of a static variable: "shop::owner", "(anonymous namespace)::g_last_user", "Handle(...)::last",
// "guard variable for Handle()::last". The number that compilers append to a C function's variable ("last.3")
// goes: it changes from build to build.
std::string DisplayVariable(std::string_view symbol);

// DisplayFunction from a name that isn't mangled, without parameters, as debug information has it: standard
// types in their short form, long template arguments cut.
std::string ShortFunction(std::string name);

// Drops the innermost frames that say only how memory was asked for: those inside our own library, those
// inside an allocator's library (jemalloc, tcmalloc, mimalloc), and those of the functions that allocate
// (malloc and its family, operator new, strdup and its like). The first frame left is the one that asked.
// Where all would go, all stay.
void DropAllocatorFrames(Frames& frames);

}  // namespace cleanslate
