#pragma once

// What is open in this process right now, as the kernel says it: /proc/self/fd, one fstat and one readlink a
// descriptor, and for sockets their two ends. The targets themselves are never opened, read or waited for.
//
// COLD: allocates; call it at a boundary, under the guard. Any thread may call; other threads may open and
// close meanwhile, a descriptor that goes while it is looked at is not reported. When the process has no
// descriptor left to open the folder with, the numbers are probed instead: a leak that has just hit its limit
// is the one that must be seen.
//
// proc(5) names the link texts, tcp(7) TCP_INFO.

#include <cstddef>
#include <functional>

#include "record/birth.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

// An empty callable means: nothing is excluded, nobody saw the birth, there is no runtime client.
struct DescriptorTakerOptions {
  std::size_t max_entries = 4096;        // those beyond, by ascending number, are counted in `left_out`
  std::function<bool(int fd)> excluded;  // descriptors of our own
  std::function<Birth(int fd)> birth;
  std::function<bool(int fd)> is_runtime_api;
};

DescriptorSnapshot TakeDescriptors(const DescriptorTakerOptions& options);

}  // namespace cleanslate
