#include "probe/locked_call.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <new>
#include <utility>

#include "base/guard.h"
#include "base/own_thread.h"
#include "base/raw_io.h"

namespace cleanslate {
namespace {

constexpr std::size_t kStackBytes = std::size_t{512} << 10;

enum State : std::uint32_t {
  kWaiting,    // for the lock
  kRunning,    // it has it, and will be waited for
  kDone,       // the work is done
  kAbandoned,  // nobody waits any longer
};

}  // namespace

struct LockedCall::Helper {
  explicit Helper(std::shared_ptr<LockedWork> work) : work(std::move(work)) {}

  std::shared_ptr<LockedWork> work;
  std::atomic<std::uint32_t> state{kWaiting};
  std::atomic<bool> ended{false};
  alignas(Guard) unsigned char guard[sizeof(Guard)];  // never destroyed: for as long as the thread lives

  static void* Main(void* argument);
  static void End(void* argument);
  static pthread_key_t Key();
  void Use(int token);
  void Wake() { syscall(SYS_futex, &state, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0); }
  // Until the state is no longer this one; false at the deadline. A null deadline waits for ever.
  bool WaitWhile(std::uint32_t expected, const Clock::time_point* deadline);
};

// An interpreter that is being ended may end this thread in Lock by unwinding it, with an unwinder that isn't
// the one we are linked with. So nothing on this thread's stack has a destructor: what must happen at its end
// hangs from a key, whose destructor runs however a thread ends.
void* LockedCall::Helper::Main(void* argument) {
  auto* const share = static_cast<std::shared_ptr<Helper>*>(argument);
  Helper& helper = **share;
  ::new (helper.guard) Guard;
  own_thread = raw::GetTid();
  pthread_setspecific(Key(), share);
  const int token = helper.work->Lock();
  helper.Use(token);
  return nullptr;
}

// With the lock.
void LockedCall::Helper::Use(int token) {
  std::uint32_t expected = kWaiting;
  const bool wanted = state.compare_exchange_strong(expected, kRunning);
  if (wanted) work->Run();
  work->Unlock(token);
  if (!wanted) return;
  state = kDone;
  Wake();
}

void LockedCall::Helper::End(void* argument) {
  const std::unique_ptr<std::shared_ptr<Helper>> share(static_cast<std::shared_ptr<Helper>*>(argument));
  Helper& helper = **share;
  // Ended in Lock: there is nothing to wait for.
  std::uint32_t expected = kWaiting;
  if (helper.state.compare_exchange_strong(expected, kAbandoned)) helper.Wake();
  helper.ended = true;
}

pthread_key_t LockedCall::Helper::Key() {
  static const pthread_key_t key = [] {
    pthread_key_t made = 0;
    pthread_key_create(&made, &End);
    return made;
  }();
  return key;
}

bool LockedCall::Helper::WaitWhile(std::uint32_t expected, const Clock::time_point* deadline) {
  while (state == expected) {
    timespec left = {};
    if (deadline != nullptr) {
      const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(*deadline - Clock::now());
      if (rest.count() <= 0) return false;
      left.tv_sec = rest.count() / 1'000'000'000;
      left.tv_nsec = rest.count() % 1'000'000'000;
    }
    syscall(SYS_futex, &state, FUTEX_WAIT_PRIVATE, expected, deadline != nullptr ? &left : nullptr, nullptr,
            0);
  }
  return true;
}

LockedCall::LockedCall() {
  Helper::Key();
}  // made before there is a helper
LockedCall::~LockedCall() = default;

bool LockedCall::IsBusy() const {
  return helper_ != nullptr && !helper_->ended;
}

bool LockedCall::Run(const std::shared_ptr<LockedWork>& work, Clock::time_point deadline) {
  if (IsBusy()) return false;
  helper_ = std::make_shared<Helper>(work);
  auto given = std::make_unique<std::shared_ptr<Helper>>(helper_);

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, std::max<std::size_t>(kStackBytes, PTHREAD_STACK_MIN));
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int failed = pthread_create(&thread, &attributes, &Helper::Main, given.get());
  if (failed == 0) pthread_setname_np(thread, "cleanslate");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (failed != 0) {
    helper_ = nullptr;
    return false;
  }
  static_cast<void>(given.release());  // the helper's own

  Helper& helper = *helper_;
  std::uint32_t expected = kWaiting;
  if (!helper.WaitWhile(kWaiting, &deadline) && helper.state.compare_exchange_strong(expected, kAbandoned)) {
    pthread_detach(thread);
    return false;
  }
  // What runs is bounded by its own deadline.
  helper.WaitWhile(kRunning, nullptr);
  pthread_join(thread, nullptr);
  return helper.state == kDone;
}

}  // namespace cleanslate
