#pragma once

// Connections that the process keeps from one invocation to the next, and whose peer has closed them while
// nobody looked: the next request that takes one out of its pool fails. Found with one poll(2) when `next`
// brings an invocation, before the runtime client sees it; followed until the window closes, for a client
// that notices and throws the connection away does no harm.

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/spin_lock.h"
#include "record/stack_id.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class StaleConnections {
 public:
  constexpr StaleConnections() = default;

  // At a boundary: what became of those that were found dead since the last one, whose descriptors were
  // `before`; those of `now` are asked about next. COLD, one thread at a time.
  std::vector<StaleConnection> Take(WindowNumber window, const DescriptorSnapshot& before,
                                    const DescriptorSnapshot& now);

  // An invocation has arrived: asks the kernel about all that are known. Microseconds.
  void Look();

  // Any thread. Before a close(2); after a call that sends has failed.
  void Closing(int fd) {
    if (Concerns(fd)) Mark(fd, kClosed);
  }
  void Refused(int fd) {
    if (Concerns(fd)) Mark(fd, kUsed);
  }

  // In a child of fork, single-threaded.
  void Reset();

 private:
  static constexpr std::size_t kMost = 256;
  static constexpr int kMostDescriptors = 65536;
  static constexpr std::uint8_t kDead = 1, kUsed = 2, kClosed = 4;

  struct Connection {
    int fd;
    std::uint64_t inode;
    bool told;  // an earlier window told of it
  };

  bool Concerns(int fd) const {
    return static_cast<unsigned>(fd) < kMostDescriptors && marks_[fd].load(std::memory_order_relaxed) != 0;
  }
  void Mark(int fd, std::uint8_t what);

  SpinLock lock_;
  std::size_t count_ = 0;
  Connection known_[kMost] = {};
  std::atomic<std::uint8_t> marks_[kMostDescriptors] = {};  // of those found dead, until the window closes
};

extern constinit StaleConnections stale_connections;

}  // namespace cleanslate
