#pragma once

// What happens while no invocation is in flight, after the first one was answered: work that its invocation
// left running. A note a call; what doesn't fit is counted.
//
// Any thread, under a spin lock: what is noted comes with a system call anyway.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/spin_lock.h"
#include "record/activity_kind.h"
#include "record/stack_id.h"

namespace cleanslate {

struct ActivityNote {
  ActivityKind kind = ActivityKind::kDescriptor;
  std::uint64_t key = 0;  // descriptor, Recorder::FileKey, process id, thread id, Recorder::AttributeKey
  StackId stack = StackId::kNone;
  char peer[28] = {};  // of a connection: its sockaddr_in or sockaddr_in6
};

class ActivityLog {
 public:
  static constexpr std::size_t kMost = 128;

  constexpr ActivityLog() = default;

  // Whether notes are taken now.
  void SetIdle(bool idle) { idle_.store(idle, std::memory_order_relaxed); }
  bool idle() const { return idle_.load(std::memory_order_relaxed); }

  void Add(const ActivityNote& note) {
    SpinLockHolder hold(lock_);
    if (count_ < kMost)
      notes_[count_++] = note;
    else
      ++left_out_;
  }

  // Copies the notes to `out`, which has room for kMost, and forgets them.
  std::size_t Take(ActivityNote* out, std::int64_t& left_out) {
    SpinLockHolder hold(lock_);
    const std::size_t count = count_;
    std::memcpy(static_cast<void*>(out), notes_, count * sizeof(ActivityNote));
    left_out = left_out_;
    count_ = 0;
    left_out_ = 0;
    return count;
  }

  // In a child of fork, single-threaded.
  void Reset() {
    lock_.Reset();
    idle_.store(false, std::memory_order_relaxed);
    count_ = 0;
    left_out_ = 0;
  }

 private:
  SpinLock lock_;
  std::atomic<bool> idle_ = false;
  std::size_t count_ = 0;
  std::int64_t left_out_ = 0;
  ActivityNote notes_[kMost];
};

}  // namespace cleanslate
