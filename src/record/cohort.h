#pragma once

// What a block's record knows of the window that it was born in: whether that was an odd one, an even one, or
// one whose survivors have been counted. The block is young when its cohort is that of the current window.

#include <cstdint>

#include "record/stack_id.h"

namespace cleanslate {

enum class Cohort : std::uint8_t { kEarlier, kOddWindow, kEvenWindow };

constexpr Cohort CohortOf(WindowNumber window) {
  return static_cast<Cohort>(2 - (window & 1));
}

// Of a window, for counters that begin as zeroed memory and must be of none, the first included.
constexpr std::uint32_t StampOf(WindowNumber window) {
  return window + 1;
}

}  // namespace cleanslate
