#pragma once

// SIGUSR1 goes to a handler while this lives, on a stack of its own where that is asked for.

#include <signal.h>

#include <vector>

namespace cleanslate {

class HandledSignal {
 public:
  HandledSignal(void (*handler)(int), bool on_its_own_stack) : alternate_(on_its_own_stack ? 64 * 1024 : 0) {
    struct sigaction action = {};
    action.sa_handler = handler;
    if (!alternate_.empty()) {
      stack_t stack = {};
      stack.ss_sp = alternate_.data();
      stack.ss_size = alternate_.size();
      sigaltstack(&stack, &stack_before_);
      action.sa_flags = SA_ONSTACK;
    }
    sigaction(SIGUSR1, &action, &before_);
  }
  ~HandledSignal() {
    sigaction(SIGUSR1, &before_, nullptr);
    if (!alternate_.empty()) sigaltstack(&stack_before_, nullptr);
  }
  HandledSignal(const HandledSignal&) = delete;
  HandledSignal& operator=(const HandledSignal&) = delete;

 private:
  std::vector<char> alternate_;
  struct sigaction before_;
  stack_t stack_before_;
};

}  // namespace cleanslate
