#pragma once

// Threads and resident memory of this process, from one read of /proc/self/stat (proc(5): num_threads, rss).
// Members stay 0 where the file can't be read. COLD, any thread.

#include <cstdint>

#include "snapshot/snapshot.h"

namespace cleanslate {

// `own_threads` is how many of the threads are ours; they are taken off.
ProcessSnapshot TakeProcess(std::int64_t own_threads = 0);

}  // namespace cleanslate
