#pragma once

// Marks that this thread is inside cleanslate. What an interposed function does meanwhile - called by the
// real allocator, by the unwinder, by our own code at a boundary, by a signal handler that interrupted us -
// passes through and is not recorded. Recorder methods ask for a Guard: no guard, no record.
//
// A guard is a counter in initial-exec thread-local storage: no allocation, no lock, any thread, any signal
// handler. HOT code leaves errno alone (raw calls return it as a value); what calls libc keeps it with an
// ErrnoKeeper.

#include <cerrno>

#include "base/call_site.h"

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
  Guard() : Guard(CallSite{}) {}
  // `site`: that of the interposed call, where the walk of its stack begins.
  explicit Guard(const CallSite& site) : site_(site), outermost_(thread_locals.guard_depth++ == 0) {}
  ~Guard() { --thread_locals.guard_depth; }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // False when this thread was inside cleanslate already: whatever happens now is ours, not the host's.
  bool outermost() const { return outermost_; }
  const CallSite& site() const { return site_; }

 private:
  CallSite site_;
  bool outermost_;
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
