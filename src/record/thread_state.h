#pragma once

// What cleanslate keeps for one thread: its share of the books and its scratch space. Lives in mapped memory,
// found through one pointer in thread-local storage, and outlives its thread: shares of the dead still count,
// and frees that come after the thread's last destructor still find it. A new thread takes over the state of
// a dead one.
//
// Only the owning thread writes a state; others read it at a boundary.

#include <atomic>
#include <cstdint>

#include "base/guard.h"
#include "base/spin_lock.h"
#include "record/books.h"
#include "record/stack_memo.h"
#include "record/stack_walker.h"

namespace cleanslate {

class ThreadState {
 public:
  ThreadBooks books;
  StackWalker walker;
  StackMemo memo;
  std::atomic<int> tid = 0;
};

class ThreadStates {
 public:
  static constexpr int kMaxThreads = 16384;

  constexpr ThreadStates() = default;

  // The calling thread's state; nullptr when there are too many threads or the kernel refuses memory, which
  // is counted.
  ThreadState* Mine() {
    ThreadState* state = thread_locals.state;
    return state != nullptr ? state : Adopt();
  }

  int count() const { return count_.load(std::memory_order_acquire); }
  ThreadState* at(int index) { return states_[index].load(std::memory_order_acquire); }
  std::int64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // In a child of fork, single-threaded: every state is forgotten.
  void Reset();

 private:
  ThreadState* Adopt();
  ThreadState* TakeOverDead(int pid, int tid);

  SpinLock lock_;
  std::atomic<int> count_ = 0;
  int next_to_check_ = 0;
  std::atomic<std::int64_t> refused_ = 0;
  std::atomic<ThreadState*> states_[kMaxThreads] = {};
};

}  // namespace cleanslate
