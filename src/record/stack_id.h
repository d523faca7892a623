#pragma once

// The name of one call stack. Two allocations with equal ids came through the same return addresses.
// Ids are dense, start at 1 and are never reused while the library watches.

#include <cstdint>

namespace cleanslate {

enum class StackId : std::uint32_t {
  kNone = 0,  // nobody saw the birth, or stacks are switched off
};

// Windows are numbered from 1; 0 is everything before the first `next`: the baseline.
using WindowNumber = std::uint32_t;

}  // namespace cleanslate
