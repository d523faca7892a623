#pragma once

// Whether an address lies in the object that this code is linked into: the library itself. Any thread.

#include <cstdint>

// The bounds of the object (ld(1), "etext"; the ELF header by __ehdr_start).
extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char etext __attribute__((visibility("hidden")));

namespace cleanslate {

inline bool IsOurCode(std::uintptr_t pc) {
  return pc >= reinterpret_cast<std::uintptr_t>(&__ehdr_start) &&
         pc < reinterpret_cast<std::uintptr_t>(&etext);
}

}  // namespace cleanslate
