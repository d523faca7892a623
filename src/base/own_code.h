#pragma once

// Code whose frames don't belong into a stack's inner end: the library itself, and the allocator where it
// calls us back. Any thread.

#include <atomic>
#include <cstdint>

// The bounds of the object that this code is linked into (ld(1), "etext"; the ELF header by __ehdr_start).
extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char etext __attribute__((visibility("hidden")));

namespace cleanslate {

inline bool IsOurCode(std::uintptr_t pc) {
  return pc >= reinterpret_cast<std::uintptr_t>(&__ehdr_start) &&
         pc < reinterpret_cast<std::uintptr_t>(&etext);
}

struct CodeRange {
  std::atomic<std::uintptr_t> start = 0;
  std::atomic<std::uintptr_t> end = 0;

  bool Holds(std::uintptr_t pc) const {
    return pc >= start.load(std::memory_order_relaxed) && pc < end.load(std::memory_order_relaxed);
  }
};

// Empty unless an allocator tells us of its blocks itself (preload/allocator_hooks.h).
extern constinit CodeRange allocator_code;

inline bool IsLeftOut(std::uintptr_t pc) {
  return IsOurCode(pc) || allocator_code.Holds(pc);
}

}  // namespace cleanslate
