#pragma once

// Whether this process is watched now. The one question that every interposer asks first.

#include <atomic>
#include <cstdint>

#include "base/raw_io.h"

namespace cleanslate {

enum class WatchState : std::uint8_t {
  kDormant,   // pass through until this process speaks to the Runtime API
  kWatching,  // record
  kQuiet,     // switched off, or something of ours failed: pass through for good
};

extern constinit std::atomic<WatchState> watch_state;

inline bool Watching() {
  return watch_state.load(std::memory_order_relaxed) == WatchState::kWatching;
}

// The process that is watched. A child that shares our memory (vfork, CLONE_VM) bears another id: its calls
// must not touch the parent's books.
extern constinit std::atomic<int> watched_pid;

inline bool WatchingThisProcess() {
  return Watching() && raw::GetPid() == watched_pid.load(std::memory_order_relaxed);
}

}  // namespace cleanslate
