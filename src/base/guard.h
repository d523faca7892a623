#pragma once

// Marks that this thread is inside cleanslate. What an interposed function does meanwhile - called by the
// real allocator, by the unwinder, by our own code at a boundary, by a signal handler that interrupted us -
// passes through and is not recorded. Recorder methods ask for a Guard: no guard, no record.
//
// A guard is a counter in initial-exec thread-local storage: no allocation, no lock, any thread, any signal
// handler. HOT code leaves errno alone (raw calls return it as a value); what calls libc keeps it with an
// ErrnoKeeper.

#include <atomic>
#include <cerrno>

namespace cleanslate {

class ThreadState;

// All of our thread-local storage. The state that must outlive the thread is in mapped memory.
struct ThreadLocals {
  int guard_depth = 0;
  int ignoring = 0;  // depth of cleanslate_ignore_begin: births are left out, deaths are not
  ThreadState* state = nullptr;
};
extern thread_local constinit ThreadLocals thread_locals __attribute__((tls_model("initial-exec")));

class Guard {
 public:
  Guard() : depth_before_(thread_locals.guard_depth) {
    thread_locals.guard_depth = depth_before_ + 1;
    // A signal handler of this thread must find the mark set before anything is recorded, and until all is.
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  // Stores what was there: a decrement would have to wait for the store before it.
  ~Guard() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread_locals.guard_depth = depth_before_;
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // False when this thread was inside cleanslate already: whatever happens now is ours, not the host's.
  bool outermost() const { return depth_before_ == 0; }

 private:
  int depth_before_;
};

class ErrnoKeeper {
 public:
  ErrnoKeeper() : saved_(errno) {}
  ~ErrnoKeeper() { errno = saved_; }
  ErrnoKeeper(const ErrnoKeeper&) = delete;
  ErrnoKeeper& operator=(const ErrnoKeeper&) = delete;

 private:
  int saved_;
};

}  // namespace cleanslate
