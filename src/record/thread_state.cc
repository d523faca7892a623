#include "record/thread_state.h"

#include "base/raw_io.h"

namespace cleanslate {

ThreadState* ThreadStates::TakeOverDead(int pid, int tid) {
  // A few at each birth are enough: states are given out no faster than they are looked at.
  constexpr int kChecks = 8;
  const int count = count_.load(std::memory_order_relaxed);
  for (int check = 0; check < kChecks && check < count; ++check) {
    next_to_check_ = next_to_check_ + 1 < count ? next_to_check_ + 1 : 0;
    ThreadState* state = states_[next_to_check_].load(std::memory_order_relaxed);
    const int owner = state->tid.load(std::memory_order_relaxed);
    // A thread that bears its predecessor's id found no state of its own, so the state is free.
    if (owner == tid || !raw::ThreadIsAlive(pid, owner)) {
      state->tid.store(tid, std::memory_order_relaxed);
      // Its stack may be unmapped: libc does that where we can't see it.
      state->walker.Forget();
      state->memo.Forget();
      return state;
    }
  }
  return nullptr;
}

ThreadState* ThreadStates::Adopt() {
  const int tid = raw::GetTid();
  SpinLockHolder hold(lock_);
  ThreadState* state = TakeOverDead(raw::GetPid(), tid);
  if (state == nullptr) {
    const int count = count_.load(std::memory_order_relaxed);
    if (count < kMaxThreads) state = static_cast<ThreadState*>(raw::MapPages(sizeof(ThreadState)));
    if (state == nullptr) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
    state->tid.store(tid, std::memory_order_relaxed);
    states_[count].store(state, std::memory_order_release);
    count_.store(count + 1, std::memory_order_release);
  }
  thread_locals.state = state;
  return state;
}

void ThreadStates::Reset() {
  lock_.Reset();
  thread_locals.state = nullptr;
  next_to_check_ = 0;
  count_.store(0, std::memory_order_relaxed);
  refused_.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
