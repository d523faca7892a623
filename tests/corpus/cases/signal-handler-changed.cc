#include <sys/wait.h>

#include <csignal>

#include "native_case.h"

using corpus::Check;
using corpus::Event;

static volatile std::sig_atomic_t g_raised;

static void OnSignal(int) {
  g_raised = g_raised + 1;
}
static void OnSignalOtherwise(int) {
  g_raised = g_raised + 2;
}

static void Handle(int number, void (*handler)(int), int flags = 0) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  Check(sigaction(number, &action, nullptr) == 0, "sigaction");
}

// expect: signal-handler-changed *SIGUSR1*
HANDLER leaky_handler_set_by_each_call(const Event&) {
  std::signal(SIGUSR1, &OnSignal);
  return std::to_string(std::raise(SIGUSR1));
}

// expect: signal-handler-changed *SIGTERM*
HANDLER leaky_another_handler_each_time(const Event& event) {
  Handle(SIGTERM, event.number % 2 == 0 ? &OnSignal : &OnSignalOtherwise, SA_RESTART);
  return "done";
}

// So that a write to a closed pipe is an error: from now on for everybody.
// expect: signal-handler-changed *SIGHUP*
HANDLER leaky_ignored_for_a_while(const Event& event) {
  std::signal(SIGHUP, SIG_IGN);
  return std::to_string(event.rows);
}

// expect: signal-handler-changed *SIGUSR2*
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  Handle(SIGUSR2, &OnSignal);
  if (event.number % 8 >= 4) return "nothing to do";
  Handle(SIGUSR2, SIG_DFL);
  return "done";
}

INIT init_leaky_programs_own_handler_lost() {
  Handle(SIGUSR1, &OnSignal);
}

// It had one; the call puts the default in its place.
// expect: signal-handler-changed *SIGUSR1*
HANDLER leaky_programs_own_handler_lost(const Event&) {
  Handle(SIGUSR1, &OnSignalOtherwise);
  std::raise(SIGUSR1);
  Handle(SIGUSR1, SIG_DFL);
  return "done";
}

// clean of: signal-handler-changed
HANDLER clean_put_back(const Event&) {
  struct sigaction mine = {}, before = {};
  mine.sa_handler = &OnSignal;
  Check(sigaction(SIGUSR1, &mine, &before) == 0, "sigaction");
  std::raise(SIGUSR1);
  Check(sigaction(SIGUSR1, &before, nullptr) == 0, "sigaction");
  return "done";
}

// clean of: signal-handler-changed
// with: n=40
HANDLER clean_put_back_on_each_way(const Event& event) {
  void (*const before)(int) = std::signal(SIGUSR2, &OnSignal);
  const bool nothing = event.number % 4 == 3;
  std::signal(SIGUSR2, before);
  return nothing ? "nothing to do" : "done";
}

INIT init_clean_set_before_the_first_call() {
  Handle(SIGUSR1, &OnSignal, SA_RESTART);
}

// clean of: signal-handler-changed
HANDLER clean_set_before_the_first_call(const Event&) {
  std::raise(SIGUSR1);
  return std::to_string(g_raised);
}

// clean of: signal-handler-changed
// with: kept=once
HANDLER clean_set_by_the_first_call(const Event& event) {
  if (event.number == 0) Handle(SIGTERM, &OnSignal);
  return "done";
}

// clean of: signal-handler-changed
HANDLER clean_only_asked_for(const Event&) {
  int handled = 0;
  for (int number = 1; number < 32; ++number) {
    struct sigaction action = {};
    if (sigaction(number, nullptr, &action) == 0) handled += action.sa_handler != SIG_DFL;
  }
  return std::to_string(handled >= 0);
}

// Held back for a moment, without a handler.
// clean of: signal-handler-changed
HANDLER clean_blocked_for_a_while(const Event&) {
  sigset_t some, before;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR1);
  Check(pthread_sigmask(SIG_BLOCK, &some, &before) == 0, "pthread_sigmask");
  std::raise(SIGUSR1);
  const timespec none = {};
  const int taken = sigtimedwait(&some, nullptr, &none);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return std::to_string(taken);
}

// clean of: signal-handler-changed
HANDLER clean_by_a_child(const Event&) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGTERM, SIG_IGN);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
