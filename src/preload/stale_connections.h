#pragma once

// Connections that the process keeps from one invocation to the next, and whose peer has closed them while
// nobody looked: the next request that takes one out of its pool fails. Found with one poll(2) when `next`
// brings an invocation, before the runtime client sees it; followed until the window closes, for a client
// that notices and throws the connection away does no harm. HOT; see stale_taker.h for what becomes of it.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/spin_lock.h"

namespace cleanslate {

class StaleConnections {
 public:
  static constexpr std::size_t kMost = 256;
  static constexpr int kMostDescriptors = 65536;

  struct Connection {
    int fd = 0;
    std::uint64_t inode = 0;
    bool told = false;                                // an earlier window told of it
    bool dead = false, used = false, closed = false;  // what was found, and what became of it since
  };

  constexpr StaleConnections() = default;

  // At a boundary, one thread at a time. Copies what is known to `out` and forgets it; then those to ask
  // about next, at most kMost, each below kMostDescriptors.
  std::size_t Take(Connection (&out)[kMost]);
  void Follow(const Connection* connections, std::size_t count);

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
  static constexpr std::uint8_t kDead = 1, kUsed = 2, kClosed = 4;

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
