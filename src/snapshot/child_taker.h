#pragma once

// The descendants of this process: running, or ended and not waited for. Nothing is waited for, signalled or
// reaped. From the kernel's lists of children (proc(5), task/TID/children), where it keeps them; else from
// the parents that all processes name.
//
// COLD; any thread. Bounded by kMostChildren and the deadline; what isn't reached is counted.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>

#include "record/birth.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

inline constexpr std::size_t kMostChildren = 1024;

// `birth` may be empty: nobody saw any. Cheap while there are no children.
ChildSnapshot TakeChildren(const std::function<Birth(pid_t)>& birth,
                           std::chrono::steady_clock::time_point deadline);

}  // namespace cleanslate
