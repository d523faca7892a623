#pragma once

// A lock for the few short sections of HOT code that more than one thread writes. Held for nanoseconds, never
// while calling out. Taken only under a Guard: a signal handler that interrupts the holder sees an inner
// guard and records nothing, so it can't wait for its own thread. A child of fork calls Reset(): the holder
// did not come along.

#include <atomic>

#include "base/raw_io.h"

namespace cleanslate {

class SpinLock {
 public:
  constexpr SpinLock() = default;

  void lock() {
    for (int spins = 0; held_.exchange(true, std::memory_order_acquire); ++spins) {
      if (spins >= kSpinsBeforeYield) raw::Call(SYS_sched_yield);
    }
  }
  bool try_lock() { return !held_.exchange(true, std::memory_order_acquire); }
  void unlock() { held_.store(false, std::memory_order_release); }
  void Reset() { unlock(); }

 private:
  static constexpr int kSpinsBeforeYield = 64;
  std::atomic<bool> held_ = false;
};

// std::lock_guard without <mutex>.
class SpinLockHolder {
 public:
  explicit SpinLockHolder(SpinLock& lock) : lock_(lock) { lock_.lock(); }
  ~SpinLockHolder() { lock_.unlock(); }
  SpinLockHolder(const SpinLockHolder&) = delete;
  SpinLockHolder& operator=(const SpinLockHolder&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace cleanslate
