#pragma once

// Processes that descend from this one and hang on it no longer: whoever started them has ended, and another
// process has taken them in. Daemons, and what a shell leaves in the background.
//
// Descendants that were seen are followed until they end, whoever takes them in. No call tells of the others,
// so they are searched for: among the processes that came since the last Take, those that an ancestor of ours
// or the first process has taken in, and that belong to our session or group, to those of a process that we
// started, or whose environment names our Runtime API. Our parent has children of its own, our brothers: of
// what it has, only what belongs to a session or group that we or ours began.
//
// COLD; one thread at a time. Reads proc(5) only; a search costs a read for each process of the machine.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "record/birth.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class OrphanTaker {
 public:
  // `birth`: of a process that this one started itself.
  explicit OrphanTaker(std::function<Birth(pid_t)> birth);

  // To the descendants that hang on us. Without `search` only those that are known. `window` is the one that
  // has just ended.
  void AddTo(ChildSnapshot& children, WindowNumber window, bool search,
             std::chrono::steady_clock::time_point deadline);

 private:
  void Search(WindowNumber window, ChildSnapshot& children, std::chrono::steady_clock::time_point deadline);

  std::function<Birth(pid_t)> birth_;
  std::vector<ChildProcess> followed_;  // as of the last Take: those that hung on us, and those that did not
  std::uint64_t searched_ticks_;        // since boot: what started before is no news
};

}  // namespace cleanslate
