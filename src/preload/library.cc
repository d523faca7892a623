#include "preload/library.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "base/clock.h"
#include "base/guard.h"
#include "base/internal_heap.h"
#include "base/options.h"
#include "base/own_thread.h"
#include "base/raw_io.h"
#include "base/spin_lock.h"
#include "preload/allocator_hooks.h"
#include "preload/leak_detector.h"
#include "preload/real_functions.h"
#include "preload/runtime_api_hooks.h"
#include "preload/stale_connections.h"
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

// The window that the program marks itself.
constinit SpinLock marking;
constinit WindowInfo marked;
constinit bool marked_open = false;
constinit bool has_baseline = false;

constexpr const char* kOutOfMemory = "no memory left for the records of a boundary";

bool SpeaksToRuntimeApi() {
  return runtime_api_tap.CurrentWindow() > 0 || runtime_api_tap.InFlight() > 0;
}

void Say(const char* text) {
  raw::WriteStderr(text, std::strlen(text));
}

void GoQuiet(const char* reason) {
  watch_state.store(WatchState::kQuiet, std::memory_order_relaxed);
  runtime_api_tap.ForgetEvents();
  if (detector != nullptr) detector->OnQuiet(reason);
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
    stale_connections.Reset();
    own_thread = 0;
    detector = nullptr;  // the parent's
    internal_heap.Reset();
    inherited = false;
  }
  Say(options.complaints);
  if (!recorder.Open(options, block_unit_shift)) return GoQuiet("no memory for the records");
  allocator_hooks::Install();
  runtime_api_tap.Start(address);
  runtime_api_tap.KeepEvents(options.residue && options.WantedProbes() != 0);
  detector = LeakDetector::Create(options);
  if (detector == nullptr) return GoQuiet("no memory for the reports");
  watched_pid.store(raw::GetPid(), std::memory_order_relaxed);
  watch_state.store(WatchState::kWatching, std::memory_order_release);
}

void TakeBaseline() {
  has_baseline = true;
  if (!detector->OnInit()) GoQuiet("the baseline failed");
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
  allocator_hooks::Find();
  pthread_atfork(nullptr, nullptr, ForkedChild);
  if (options.mode == WatchMode::kAlways) {
    RuntimeApiAddress address;
    ParseRuntimeApi(address);
    Watch(address);
    if (Watching()) TakeBaseline();
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
      well = has_baseline || detector->OnInit();
      has_baseline = true;
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
  if (!well) GoQuiet(kOutOfMemory);
}

void BeginWindow(const char* id) {
  if (options.mode == WatchMode::kOff) return;
  const ErrnoKeeper keep;
  const Guard guard;
  if (!guard.outermost() || !marking.try_lock()) return;
  if (watch_state.load(std::memory_order_relaxed) == WatchState::kDormant) Watch(RuntimeApiAddress{});
  if (WatchingThisProcess() && !marked_open && !SpeaksToRuntimeApi()) {
    const SignalsHeld held;
    if (!has_baseline) {
      TakeBaseline();
    } else if (!detector->OnBegin()) {
      GoQuiet(kOutOfMemory);
    }
    const std::uint64_t ordinal = marked.last_invocation + 1;
    marked = WindowInfo{};
    marked.first_invocation = marked.last_invocation = ordinal;
    marked.number = static_cast<std::uint32_t>(ordinal);
    marked.cold_start = ordinal == 1;
    if (id != nullptr) {
      marked.invocations = 1;
      marked.request_ids[0].Assign(std::string_view(id));
    }
    marked.started_ns = WallClockNs();
    marked_open = true;
  }
  marking.unlock();
}

void EndWindow() {
  const ErrnoKeeper keep;
  const Guard guard;
  if (!guard.outermost() || !WatchingThisProcess() || !marking.try_lock()) return;
  if (marked_open) {
    marked_open = false;
    marked.ended_ns = WallClockNs();
    const SignalsHeld held;
    if (!detector->OnWindow(marked)) GoQuiet(kOutOfMemory);
  }
  marking.unlock();
}

void ForkedChild() {
  if (watch_state.load(std::memory_order_relaxed) != WatchState::kWatching) return;
  inherited = true;
  waking.Reset();
  marking.Reset();
  marked = WindowInfo{};
  marked_open = false;
  has_baseline = false;
  watch_state.store(WatchState::kDormant, std::memory_order_relaxed);
}

}  // namespace cleanslate::library
