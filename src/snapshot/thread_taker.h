#pragma once

// The threads of this process, as /proc/self/task lists them. COLD; one thread at a time. Threads come and go
// meanwhile; one that ends while it is looked at is not told of.
//
// A thread's name and age cost a read each, so they are read when it is seen for the first time: an id that
// was there before and of which no birth has been told since is the same thread.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>

#include "record/birth.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class ThreadTaker {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMostThreads = 4096;
  static constexpr std::chrono::milliseconds kPatience{3};

  explicit ThreadTaker(std::function<ThreadBirth(pid_t)> birth) : birth_(std::move(birth)) {}

  // A thread that is about to end - cancelled, or done with its work - needs a moment for that: those that
  // were started in `window` get up to kPatience. Nothing is waited for where there are none.
  static void Settle(ThreadSnapshot& taken, WindowNumber window, Clock::time_point deadline);

  // The calling thread is the one that asks. What isn't reached by the deadline keeps what was known of it,
  // or is counted.
  ThreadSnapshot Take(Clock::time_point deadline);

 private:
  std::function<ThreadBirth(pid_t)> birth_;
  std::unordered_map<std::int64_t, Thread> known_;
};

}  // namespace cleanslate
