#pragma once

// Time without libc. Monotonic time stands still while the environment is frozen, or does not (platforms
// differ): it measures work, never the span between invocations.

#include <time.h>

#include <cstdint>

#include "base/raw_io.h"

namespace cleanslate {

inline std::int64_t Nanoseconds(clockid_t clock) {
  timespec now{};
  raw::Call(SYS_clock_gettime, clock, reinterpret_cast<long>(&now));
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

inline std::int64_t MonotonicNs() {
  return Nanoseconds(CLOCK_MONOTONIC);
}
inline std::int64_t WallClockNs() {
  return Nanoseconds(CLOCK_REALTIME);
}

}  // namespace cleanslate
