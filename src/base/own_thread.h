#pragma once

// The thread of ours that may be running, for those who look at the process's threads: there is one at most.
// It has a Guard, so nobody else sees it begin.

#include <atomic>

namespace cleanslate {

// Its id, or that of the last one: a thread that has been joined is seen a moment longer. 0: there was none.
inline constinit std::atomic<int> own_thread{0};

}  // namespace cleanslate
