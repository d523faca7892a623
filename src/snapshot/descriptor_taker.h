#pragma once

// What is open in this process right now, as the kernel says it: /proc/self/fd, one fstat and one readlink a
// descriptor, and for sockets their two ends. The targets themselves are never opened, read or waited for.
// What was seen before costs an fstat: the same inode, unchanged since, born by the same call, leads where it
// led; only the state of a connection or a timer is asked again.
//
// COLD: allocates; call it at a boundary, under the guard; one thread at a time. Other threads may open and
// close meanwhile, a descriptor that goes while it is looked at is not reported. When the process has no
// descriptor left to open the folder with, the numbers are probed instead: a leak that has just hit its limit
// is the one that must be seen.
//
// proc(5) names the link texts, tcp(7) TCP_INFO.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

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

class DescriptorTaker {
 public:
  explicit DescriptorTaker(DescriptorTakerOptions options) : options_(std::move(options)) {}

  DescriptorSnapshot Take();

 private:
  struct Seen {
    Descriptor descriptor;
    std::int64_t changed_ns = 0;  // st_ctim: a rename changes it, and so does another file's birth
  };

  std::optional<Seen> Look(int fd, const Seen* before) const;

  DescriptorTakerOptions options_;
  std::vector<Seen> before_;  // by ascending fd
};

}  // namespace cleanslate
