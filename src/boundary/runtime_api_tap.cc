#include "boundary/runtime_api_tap.h"

#include <string_view>

namespace cleanslate {

bool RuntimeApiTap::Connected(int fd, const sockaddr* peer, socklen_t length, std::int64_t now_ns) {
  const bool matches = address_.Matches(peer, length);
  if (!matches && !Taps(fd)) return false;
  SpinLockHolder holder(lock_);
  Entry* known = Find(fd);
  if (!matches) {
    Release(fd, now_ns);
    return false;
  }
  if (known != nullptr) {
    // A second connect of the same socket: it asks how the first went, or begins anew.
    known->connection.Ended(tracker_, now_ns);
    known->connection.Open();
    known->lost_counted = false;
    return true;
  }
  Entry* entry = static_cast<unsigned>(fd) < kDescriptors ? FreeEntry() : nullptr;
  if (entry == nullptr) {
    untapped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  entry->descriptors = 1;
  entry->lost_counted = false;
  entry->connection.Open();
  Name(fd, *entry);
  return true;
}

void RuntimeApiTap::Closed(int fd, std::int64_t now_ns) {
  if (!Taps(fd)) return;
  SpinLockHolder holder(lock_);
  Release(fd, now_ns);
}

void RuntimeApiTap::ClosedRange(unsigned first, unsigned last, std::int64_t now_ns) {
  for (unsigned fd = first; fd <= last && fd < kDescriptors; ++fd) Closed(static_cast<int>(fd), now_ns);
}

void RuntimeApiTap::Duplicated(int from, int to, std::int64_t now_ns) {
  if (from == to || (!Taps(from) && !Taps(to))) return;
  SpinLockHolder holder(lock_);
  Release(to, now_ns);
  Entry* entry = Find(from);
  if (entry == nullptr) return;
  if (static_cast<unsigned>(to) >= kDescriptors) {
    untapped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  ++entry->descriptors;
  Name(to, *entry);
}

Boundary RuntimeApiTap::BeforeSend(int fd, const iovec* pieces, int count, std::int64_t now_ns) {
  if (!Taps(fd)) return {};
  SpinLockHolder holder(lock_);
  Entry* entry = Find(fd);
  if (entry == nullptr) return {};
  return entry->connection.BeforeSend(pieces, count, address_, tracker_, now_ns);
}

Boundary RuntimeApiTap::Sent(int fd, const iovec* pieces, int count, ssize_t accepted, std::int64_t now_ns) {
  return Feed(fd, pieces, count, accepted, [this, now_ns](Entry& entry, std::string_view bytes) {
    return entry.connection.Sent(bytes, address_, tracker_, now_ns);
  });
}

Boundary RuntimeApiTap::Received(int fd, const iovec* pieces, int count, ssize_t received,
                                 std::int64_t now_ns) {
  return Feed(fd, pieces, count, received, [this, now_ns](Entry& entry, std::string_view bytes) {
    return entry.connection.Received(bytes, tracker_, now_ns);
  });
}

// Hands the first `size` bytes of `pieces` to `take`, piece by piece.
template <typename Take>
Boundary RuntimeApiTap::Feed(int fd, const iovec* pieces, int count, ssize_t size, Take take) {
  if (!Taps(fd) || size <= 0) return {};
  SpinLockHolder holder(lock_);
  Entry* entry = Find(fd);
  if (entry == nullptr) return {};
  Boundary boundary;
  auto left = static_cast<std::size_t>(size);
  for (int i = 0; i < count && left > 0; ++i) {
    const std::size_t length = pieces[i].iov_len < left ? pieces[i].iov_len : left;
    left -= length;
    // While one boundary is worked on the tracker hands out no other, so at most one of these is.
    const Boundary due = take(*entry, {static_cast<const char*>(pieces[i].iov_base), length});
    if (due) boundary = due;
  }
  Settle(fd, *entry);
  return boundary;
}

Boundary RuntimeApiTap::PeerClosed(int fd, std::int64_t) {
  if (!Taps(fd)) return {};
  SpinLockHolder holder(lock_);
  Entry* entry = Find(fd);
  return entry == nullptr ? Boundary() : entry->connection.PeerClosed(tracker_);
}

Boundary RuntimeApiTap::BeforeSend(int fd, const void* data, std::size_t size, std::int64_t now_ns) {
  const iovec piece = {const_cast<void*>(data), size};
  return BeforeSend(fd, &piece, 1, now_ns);
}

Boundary RuntimeApiTap::Sent(int fd, const void* data, ssize_t accepted, std::int64_t now_ns) {
  const iovec piece = {const_cast<void*>(data), static_cast<std::size_t>(accepted)};
  return Sent(fd, &piece, 1, accepted, now_ns);
}

Boundary RuntimeApiTap::Received(int fd, const void* data, ssize_t received, std::int64_t now_ns) {
  const iovec piece = {const_cast<void*>(data), static_cast<std::size_t>(received)};
  return Received(fd, &piece, 1, received, now_ns);
}

Boundary RuntimeApiTap::Finish(const Boundary& boundary, std::int64_t now_ns) {
  SpinLockHolder holder(lock_);
  return tracker_.Finish(boundary, now_ns);
}

void RuntimeApiTap::WipeEvents(std::uint32_t window) {
  SpinLockHolder holder(lock_);
  tracker_.events().Wipe(window);
}

void RuntimeApiTap::ForgetEvents() {
  SpinLockHolder holder(lock_);
  tracker_.events().Enable(false);
  tracker_.events().Reset();
}

bool RuntimeApiTap::IsRuntimeApi(int fd) {
  if (!Taps(fd)) return false;
  SpinLockHolder holder(lock_);
  const Entry* entry = Find(fd);
  return entry != nullptr && entry->connection.confirmed();
}

void RuntimeApiTap::Reset() {
  lock_.Reset();
  for (int fd = 0; fd < descriptors_used_; ++fd) index_[fd].store(0, std::memory_order_relaxed);
  descriptors_used_ = 0;
  for (std::size_t i = 0; i < used_; ++i) entries_[i].descriptors = 0;
  used_ = 0;
  untapped_.store(0, std::memory_order_relaxed);
  lost_.store(0, std::memory_order_relaxed);
  tracker_.Reset();
}

RuntimeApiTap::Entry* RuntimeApiTap::Find(int fd) {
  if (static_cast<unsigned>(fd) >= kDescriptors) return nullptr;
  const std::uint16_t entry = index_[fd].load(std::memory_order_relaxed);
  return entry == 0 ? nullptr : &entries_[entry - 1];
}

RuntimeApiTap::Entry* RuntimeApiTap::FreeEntry() {
  for (std::size_t i = 0; i < used_; ++i) {
    if (entries_[i].descriptors == 0) return &entries_[i];
  }
  return used_ < kConnections ? &entries_[used_++] : nullptr;
}

void RuntimeApiTap::Name(int fd, const Entry& entry) {
  index_[fd].store(static_cast<std::uint16_t>(&entry - entries_ + 1), std::memory_order_relaxed);
  if (fd >= descriptors_used_) descriptors_used_ = fd + 1;
}

void RuntimeApiTap::Release(int fd, std::int64_t now_ns) {
  Entry* entry = Find(fd);
  if (entry == nullptr) return;
  index_[fd].store(0, std::memory_order_relaxed);
  if (--entry->descriptors == 0) entry->connection.Ended(tracker_, now_ns);
}

void RuntimeApiTap::Settle(int fd, Entry& entry) {
  const RuntimeApiConnection& connection = entry.connection;
  const bool stranger = connection.foreign() || (connection.lost() && !connection.confirmed());
  if (stranger) {
    index_[fd].store(0, std::memory_order_relaxed);
    --entry.descriptors;
  } else if (connection.lost() && !entry.lost_counted) {
    entry.lost_counted = true;
    lost_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace cleanslate
