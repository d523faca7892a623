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

  static void* Main(void* argument);
  void Wake() { syscall(SYS_futex, &state, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0); }
  // Until the state is no longer this one; false at the deadline. A null deadline waits for ever.
  bool WaitWhile(std::uint32_t expected, const Clock::time_point* deadline);
};

// An interpreter that is being ended may end this thread in Lock by unwinding it: what must happen at its end
// is in destructors.
void* LockedCall::Helper::Main(void* argument) {
  struct Share {
    std::shared_ptr<Helper> helper;
    ~Share() {
      // Ended in Lock: there is nothing to wait for.
      std::uint32_t expected = kWaiting;
      if (helper->state.compare_exchange_strong(expected, kAbandoned)) helper->Wake();
      helper->ended = true;
    }
  };
  const Guard guard;
  own_thread = raw::GetTid();
  const std::unique_ptr<std::shared_ptr<Helper>> given(static_cast<std::shared_ptr<Helper>*>(argument));
  const Share share = {*given};
  Helper& helper = *share.helper;
  const int token = helper.work->Lock();
  std::uint32_t expected = kWaiting;
  if (helper.state.compare_exchange_strong(expected, kRunning)) {
    helper.work->Run();
    helper.work->Unlock(token);
    helper.state = kDone;
    helper.Wake();
  } else {
    helper.work->Unlock(token);
  }
  return nullptr;
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

LockedCall::LockedCall() = default;
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
