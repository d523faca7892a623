#pragma once

// Threads and resident memory of this process, from one read of /proc/self/stat (proc(5): num_threads, rss),
// and whether it has or had children (waitid(2) without reaping any, getrusage(2)). Members stay 0 where the
// kernel doesn't answer. COLD, any thread.

#include <cstdint>

#include "snapshot/snapshot.h"

namespace cleanslate {

// `own_threads` is how many of the threads are ours; they are taken off.
ProcessSnapshot TakeProcess(std::int64_t own_threads = 0);

}  // namespace cleanslate
