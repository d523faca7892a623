#pragma once

// Runs something on a thread of ours once it has a lock that may be long in coming, and waits for it no
// longer than until a deadline. Either all of it runs before the wait is over, or none of it ever does.
//
// COLD. The helper has all signals blocked, a small stack and a Guard. One that nobody waits for any longer
// lives until it gets the lock, gives it back and ends; there is one at most.

#include <chrono>
#include <memory>

namespace cleanslate {

// What is run, and the lock. Shared with the helper, which may outlive its caller.
class LockedWork {
 public:
  virtual ~LockedWork() = default;
  // On the helper. May end the thread, as an interpreter that is being ended does.
  virtual int Lock() = 0;
  virtual void Unlock(int token) = 0;
  virtual void Run() = 0;
};

class LockedCall {
 public:
  using Clock = std::chrono::steady_clock;

  LockedCall();
  ~LockedCall();
  LockedCall(const LockedCall&) = delete;
  LockedCall& operator=(const LockedCall&) = delete;

  // Whether a helper of before still waits. Its work must be left alone.
  bool IsBusy() const;
  // Whether it was run. False at once while a helper of before still waits.
  bool Run(const std::shared_ptr<LockedWork>& work, Clock::time_point deadline);

 private:
  struct Helper;

  std::shared_ptr<Helper> helper_;  // the last one
};

}  // namespace cleanslate
