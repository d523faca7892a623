#include "preload/stale_connections.h"

#include <poll.h>

#include "base/raw_io.h"
#include "record/recorder.h"

namespace cleanslate {

constinit StaleConnections stale_connections;

void StaleConnections::Look() {
  constexpr short kGone = POLLRDHUP | POLLHUP | POLLERR;
  pollfd asked[kMost];
  SpinLockHolder hold(lock_);
  for (std::size_t i = 0; i < count_; ++i) asked[i] = {known_[i].fd, POLLRDHUP, 0};
  timespec no_wait = {};
  if (count_ == 0 || raw::Call(SYS_ppoll, reinterpret_cast<long>(asked), static_cast<long>(count_),
                               reinterpret_cast<long>(&no_wait), 0, 0) <= 0) {
    return;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if ((asked[i].revents & kGone) == 0 || known_[i].told) continue;
    marks_[asked[i].fd].fetch_or(kDead, std::memory_order_relaxed);
  }
}

void StaleConnections::Mark(int fd, std::uint8_t what) {
  std::uint8_t marks = what;
  if (recorder.WasWrittenIn(recorder.window(), fd)) marks |= kUsed;
  // The number may come to stand for another connection after this.
  if ((marks_[fd].load(std::memory_order_relaxed) & kClosed) == 0)
    marks_[fd].fetch_or(marks, std::memory_order_relaxed);
}

std::size_t StaleConnections::Take(Connection (&out)[kMost]) {
  SpinLockHolder hold(lock_);
  const std::size_t count = count_;
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = known_[i];
    const std::uint8_t marks = marks_[out[i].fd].exchange(0, std::memory_order_relaxed);
    out[i].dead = (marks & kDead) != 0;
    out[i].used = (marks & kUsed) != 0;
    out[i].closed = (marks & kClosed) != 0;
  }
  count_ = 0;
  return count;
}

void StaleConnections::Follow(const Connection* connections, std::size_t count) {
  SpinLockHolder hold(lock_);
  count_ = count < kMost ? count : kMost;
  for (std::size_t i = 0; i < count_; ++i) known_[i] = connections[i];
}

void StaleConnections::Reset() {
  lock_.Reset();
  count_ = 0;
  for (auto& mark : marks_) mark.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
