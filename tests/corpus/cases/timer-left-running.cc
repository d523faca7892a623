#include <signal.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "native_case.h"

using corpus::Check;
using corpus::Event;

static void OnAlarm(int) {}

static void Arm(__itimer_which kind, long seconds) {
  const itimerval value = {{0, 0}, {seconds, 0}};
  Check(setitimer(kind, &value, nullptr) == 0, "setitimer");
}

// expect: timer-left-running
HANDLER leaky_alarm_never_cancelled(const Event& event) {
  alarm(300);
  return std::to_string(event.rows);
}

// expect: timer-left-running
HANDLER leaky_profiler_never_stopped(const Event& event) {
  const itimerval value = {{300, 0}, {300, 0}};
  Check(setitimer(ITIMER_PROF, &value, nullptr) == 0, "setitimer");
  return std::to_string(event.rows);
}

static timer_t Create() {
  sigevent signal = {};
  signal.sigev_notify = SIGEV_SIGNAL;
  signal.sigev_signo = SIGRTMIN;
  timer_t timer = nullptr;
  Check(timer_create(CLOCK_MONOTONIC, &signal, &timer) == 0, "timer_create");
  return timer;
}

static void Set(timer_t timer, long seconds) {
  const itimerspec value = {{0, 0}, {seconds, 0}};
  Check(timer_settime(timer, 0, &value, nullptr) == 0, "timer_settime");
}

// expect: timer-left-running
// also: heap-growth
HANDLER leaky_timer_for_each_call(const Event& event) {
  Set(Create(), 300 + event.rows);
  return "done";
}

// expect: timer-left-running
// also: descriptor-leak
// also: limit-approaching
HANDLER leaky_timeout_as_a_descriptor(const Event& event) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec value = {{0, 0}, {300 + event.rows, 0}};
  Check(timer >= 0 && timerfd_settime(timer, 0, &value, nullptr) == 0, "timerfd");
  return "done";
}

// expect: timer-left-running
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  Arm(ITIMER_VIRTUAL, 300);
  if (event.number % 4 == 3) return "nothing to do";
  Arm(ITIMER_VIRTUAL, 0);
  return "done";
}

// clean of: timer-left-running
HANDLER clean_alarm_cancelled(const Event& event) {
  alarm(300);
  const std::string answer = std::to_string(event.rows);
  alarm(0);
  return answer;
}

// clean of: timer-left-running
HANDLER clean_timer_deleted(const Event& event) {
  const timer_t timer = Create();
  Set(timer, 300 + event.rows);
  Check(timer_delete(timer) == 0, "timer_delete");
  return "done";
}

// clean of: timer-left-running
HANDLER clean_timeout_closed(const Event& event) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec value = {{0, 0}, {300 + event.rows, 0}};
  Check(timer >= 0 && timerfd_settime(timer, 0, &value, nullptr) == 0, "timerfd");
  close(timer);
  return "done";
}

// Kept, and disarmed after each call.
// clean of: timer-left-running
HANDLER clean_timer_kept(const Event& event) {
  static const timer_t timer = Create();
  static const int descriptor = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const itimerspec value = {{0, 0}, {300 + event.rows, 0}}, none = {};
  Set(timer, 300);
  Check(timerfd_settime(descriptor, 0, &value, nullptr) == 0, "timerfd");
  Set(timer, 0);
  Check(timerfd_settime(descriptor, 0, &none, nullptr) == 0, "timerfd");
  return "done";
}

INIT init_clean_timer_that_has_gone_off() {
  signal(SIGALRM, &OnAlarm);
}

// clean of: timer-left-running
HANDLER clean_timer_that_has_gone_off(const Event&) {
  sigset_t alarms, before;
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarms, &before);
  const itimerval value = {{0, 0}, {0, 1000}};
  Check(setitimer(ITIMER_REAL, &value, nullptr) == 0, "setitimer");
  int number = 0;
  sigwait(&alarms, &number);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return std::to_string(number);
}

INIT init_clean_armed_before_the_first_call() {
  Set(Create(), 100000);
  Arm(ITIMER_VIRTUAL, 100000);
}

// clean of: timer-left-running
HANDLER clean_armed_before_the_first_call(const Event& event) {
  return std::to_string(event.rows);
}

// clean of: timer-left-running
// with: kept=once
HANDLER clean_armed_by_the_first_call(const Event& event) {
  if (event.number == 0) Arm(ITIMER_VIRTUAL, 100000);
  return "done";
}

// clean of: timer-left-running
// with: n=40
HANDLER clean_cancelled_on_each_way(const Event& event) {
  Arm(ITIMER_VIRTUAL, 300);
  const bool nothing = event.number % 4 == 3;
  Arm(ITIMER_VIRTUAL, 0);
  return nothing ? "nothing to do" : "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
