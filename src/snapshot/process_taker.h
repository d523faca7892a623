#pragma once

// Threads and resident memory of this process, from one read of /proc/self/stat (proc(5): num_threads, rss),
// and whether it has or had children (waitid(2) without reaping any, getrusage(2)). Members stay 0 where the
// kernel doesn't answer. COLD, any thread.

#include "snapshot/snapshot.h"

namespace cleanslate {

// Without the thread of ours (base/own_thread.h).
ProcessSnapshot TakeProcess();

}  // namespace cleanslate
