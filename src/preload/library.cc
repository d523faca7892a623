#include "preload/library.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>

#include "base/guard.h"
#include "base/internal_heap.h"
#include "base/options.h"
#include "base/raw_io.h"
#include "base/spin_lock.h"
#include "preload/leak_detector.h"
#include "preload/real_functions.h"
#include "preload/runtime_api_hooks.h"
#include "preload/watch.h"
#include "record/recorder.h"

namespace cleanslate::library {

namespace {

constinit Options options;
constinit int block_unit_shift = 5;
constinit LeakDetector* detector = nullptr;
constinit SpinLock waking;
constinit bool inherited = false;  // the records are a parent's
constinit bool complained = false;

void Say(const char* text) {
  raw::WriteStderr(text, std::strlen(text));
}

void GoQuiet(const char* reason) {
  watch_state.store(WatchState::kQuiet, std::memory_order_relaxed);
  Say("cleanslate: not watching any more: ");
  Say(reason);
  Say("\n");
}

// Signals wait while our own code runs on the host's thread: a handler that unwinds past us (longjmp, a
// thread's cancellation) would leave the guard up. Faults of our own stay deliverable.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t held;
    sigfillset(&held);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&held, fault);
    pthread_sigmask(SIG_SETMASK, &held, &before_);
  }
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_;
};

bool ParseRuntimeApi(RuntimeApiAddress& address) {
  const char* text = getenv("AWS_LAMBDA_RUNTIME_API");
  if (text == nullptr || *text == '\0') return false;
  const char* problem = address.Parse(text);
  if (problem == nullptr) return true;
  if (!complained) {
    complained = true;
    Say("cleanslate: not watching: AWS_LAMBDA_RUNTIME_API: ");
    Say(problem);
    Say("; write HOST:PORT\n");
  }
  return false;
}

// Called under a guard. Once for a process, and once more for a child of fork that turns out to be a runtime.
void Watch(const RuntimeApiAddress& address) {
  SpinLockHolder hold(waking);
  if (watch_state.load(std::memory_order_relaxed) != WatchState::kDormant) return;
  if (inherited) {
    recorder.Reset();
    runtime_api_tap.Reset();
    internal_heap.Reset();
    inherited = false;
  }
  Say(options.complaints);
  if (!recorder.Open(options, block_unit_shift)) return GoQuiet("no memory for the records");
  runtime_api_tap.Start(address);
  detector = LeakDetector::Create(options);
  if (detector == nullptr) return GoQuiet("no memory for the reports");
  watched_pid.store(raw::GetPid(), std::memory_order_relaxed);
  watch_state.store(WatchState::kWatching, std::memory_order_release);
}

__attribute__((constructor)) void Loaded() {
  ResolveRealFunctions();
  const Guard guard;
  options = ParseOptions(environ);
  if (options.mode == WatchMode::kOff) {
    watch_state.store(WatchState::kQuiet, std::memory_order_relaxed);
    return;
  }
  block_unit_shift = RealHeapIsLibc() ? 5 : 3;
  pthread_atfork(nullptr, nullptr, ForkedChild);
  if (options.mode == WatchMode::kAlways) {
    RuntimeApiAddress address;
    ParseRuntimeApi(address);
    Watch(address);
    if (Watching() && !detector->OnInit()) GoQuiet("the baseline failed");
  }
}

// Only reads: nothing of ours ends before the process does.
__attribute__((destructor)) void Unloading() {
  if (options.mode != WatchMode::kAlways || !WatchingThisProcess()) return;
  const ErrnoKeeper keep;
  const Guard guard;
  const SignalsHeld held;
  watch_state.store(WatchState::kQuiet, std::memory_order_relaxed);
  detector->OnExit();
}

}  // namespace

void WakeFor(const sockaddr* peer, socklen_t size) {
  if (options.mode == WatchMode::kOff || peer == nullptr) return;
  if (peer->sa_family != AF_INET && peer->sa_family != AF_INET6) return;
  const ErrnoKeeper keep;
  const Guard guard;
  if (!guard.outermost()) return;
  RuntimeApiAddress address;
  if (ParseRuntimeApi(address) && address.Matches(peer, size)) Watch(address);
}

void OnBoundary(const Boundary& boundary) {
  const SignalsHeld held;
  bool well = true;
  switch (boundary.kind) {
    case BoundaryKind::kInit:
      well = detector->OnInit();
      break;
    case BoundaryKind::kWindow:
      well = detector->OnWindow(*boundary.window);
      break;
    case BoundaryKind::kRestore:
      well = detector->OnRestore();
      break;
    case BoundaryKind::kNone:
      break;
  }
  if (!well) GoQuiet("no memory left for the records of a boundary");
}

void ForkedChild() {
  if (watch_state.load(std::memory_order_relaxed) != WatchState::kWatching) return;
  inherited = true;
  waking.Reset();
  watch_state.store(WatchState::kDormant, std::memory_order_relaxed);
}

}  // namespace cleanslate::library
