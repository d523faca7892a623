#pragma once

// The registers of a caller right after a call: where a walk of its stack begins.

#include <cstdint>

namespace cleanslate {

struct CallSite {
  std::uintptr_t pc = 0;  // the return address; 0: not known
  std::uintptr_t sp = 0;
  std::uintptr_t fp = 0;  // its frame pointer register, whatever it is used for
};

// That of the function this is written in. Both architectures begin a frame with {caller's frame pointer,
// return address}.
#define CLEANSLATE_CALL_SITE()                                          \
  ::cleanslate::CallSite {                                              \
    reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)),      \
        reinterpret_cast<std::uintptr_t>(__builtin_dwarf_cfa()),        \
        *static_cast<const std::uintptr_t*>(__builtin_frame_address(0)) \
  }

}  // namespace cleanslate
