#pragma once

// What this process is, beside what it holds: working directory, umask, locale, signal dispositions, resource
// limits; and the timers that will interrupt it. Read from the kernel and libc, changed by nothing here.
//
// COLD; any thread. proc(5) "status" and "timers", sigaction(2), getrlimit(2), getitimer(2), setlocale(3).

#include <cstdint>
#include <functional>
#include <vector>

#include "record/birth.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

// Empty callables: nobody saw anything set, handlers have no names.
struct AttributeTakerOptions {
  std::function<Birth(AttributeKind)> setting;
  std::function<Birth(int signal)> signal_setting;
  std::function<Birth(int category)> category_setting;  // of setlocale(3), LC_ALL too
  std::function<StackId(const void* handler)> code;     // a stack of one frame
};

// Sorted by name.
std::vector<ProcessAttribute> TakeAttributes(const AttributeTakerOptions& options);

// Those that are armed, sorted by name. One that notifies nobody (SIGEV_NONE) reads as armed when it isn't,
// so that it counts only when a call was seen to set it. `setting` is asked with setitimer(2)'s `which`, or
// with kCreatedTimers for all that timer_create(2) made.
inline constexpr int kCreatedTimers = -1;
std::vector<Timer> TakeTimers(const std::function<Birth(int which)>& setting);

}  // namespace cleanslate
