#pragma once

// thread-left-running, process-left-running and timer-left-running: work that outlives its invocation.
//
// What counts is how many an invocation starts and leaves behind, again and again; whether those of before
// have ended meanwhile doesn't matter, for they were there when the next invocation ran. A pool or a helper
// that is started once is only told of.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/draft.h"
#include "analysis/recurrence.h"
#include "analysis/survivors.h"

namespace cleanslate {

class LeftRunningRules {
 public:
  explicit LeftRunningRules(std::size_t max_origins)
      : threads_(max_origins), processes_(max_origins), timers_(max_origins) {}

  void Observe(const Survivors& survivors, const Snapshot& now, Drafts& drafts);

  std::int64_t forgotten() const {
    return threads_.forgotten() + processes_.forgotten() + timers_.forgotten();
  }

 private:
  void ObserveThreads(const std::vector<Thread>& born, const Snapshot& now, Drafts& drafts);
  void ObserveProcesses(const std::vector<ChildProcess>& born, const Snapshot& now, Drafts& drafts);
  void ObserveTimers(const Survivors& survivors, WindowNumber window, Drafts& drafts);

  Recurrence threads_;
  Recurrence processes_;
  Recurrence timers_;
};

}  // namespace cleanslate
