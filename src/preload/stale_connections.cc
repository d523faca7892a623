#include "preload/stale_connections.h"

#include <poll.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/raw_io.h"
#include "record/recorder.h"

namespace cleanslate {

constinit StaleConnections stale_connections;

namespace {

bool IsPooled(const Descriptor& descriptor) {
  return descriptor.kind == DescriptorKind::kSocket && !descriptor.runtime_api && !descriptor.peer.empty() &&
         (descriptor.state == "ESTABLISHED" || descriptor.state == "CLOSE_WAIT");
}

// By ascending number, as the taker leaves them.
const Descriptor* Find(const DescriptorSnapshot& descriptors, int fd) {
  const auto at = std::lower_bound(descriptors.open.begin(), descriptors.open.end(), fd,
                                   [](const Descriptor& each, int number) { return each.fd < number; });
  return at != descriptors.open.end() && at->fd == fd ? &*at : nullptr;
}

}  // namespace

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

std::vector<StaleConnection> StaleConnections::Take(WindowNumber window, const DescriptorSnapshot& before,
                                                    const DescriptorSnapshot& now) {
  std::vector<StaleConnection> stale;
  std::vector<std::uint64_t> told;
  stale.reserve(kMost);
  told.reserve(2 * kMost);
  SpinLockHolder hold(lock_);
  for (std::size_t i = 0; i < count_; ++i) {
    const Connection& each = known_[i];
    const std::uint8_t marks = marks_[each.fd].exchange(0, std::memory_order_relaxed);
    if (each.told || (marks & kDead) != 0) told.push_back(each.inode);
    if ((marks & kDead) == 0) continue;
    const Descriptor* const open_now = Find(now, each.fd);
    StaleConnection found;
    found.fd = each.fd;
    found.kept = (marks & kClosed) == 0 && open_now != nullptr && open_now->inode == each.inode;
    found.used = (marks & kUsed) != 0 || (found.kept && recorder.WasWrittenIn(window, each.fd));
    if (const Descriptor* const was = Find(before, each.fd); was != nullptr) {
      found.peer = was->peer;
      found.stack = was->stack;
    }
    stale.push_back(std::move(found));
  }
  count_ = 0;
  for (const Descriptor& each : now.open) {
    if (!IsPooled(each) || count_ == kMost || each.fd >= kMostDescriptors) continue;
    const bool was_told = std::find(told.begin(), told.end(), each.inode) != told.end();
    known_[count_++] = {each.fd, each.inode, was_told};
  }
  return stale;
}

void StaleConnections::Reset() {
  lock_.Reset();
  count_ = 0;
  for (auto& mark : marks_) mark.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
