#pragma once

// Listens to the connections between this process and the Runtime API, and says when a boundary is reached.
// The socket interposers tell it what they see; it reads, and changes nothing.
//
//   ssize_t send(int fd, ...) {                                   // a sketch
//     if (!tap.Taps(fd)) return real.send(fd, ...);               // one load: every other descriptor
//     Boundary boundary = tap.BeforeSend(fd, data, size, now);    // `next` would leave: before it does
//     ... while (boundary) { work; boundary = tap.Finish(boundary, now); } ...
//     ssize_t sent = real.send(fd, ...);
//     if (sent > 0) boundary = tap.Sent(fd, data, sent, now);     // and the same for this one
//
// Which connections: those to the address given to Start. Even then nothing is believed until a request's
// path is one of the Runtime API, so that a web service on the same port of another host, or a proxy, is
// never taken for it. HTTP is followed as a stream (HttpStream); bytes that can't be followed make that
// connection quiet. Replies belong to requests in order.
//
// Any thread, under a Guard. A lock of our own is held for the parse, never while calling out: whoever
// receives a Boundary holds no lock. Allocates nothing, makes no system call but sched_yield when the lock is
// held, does not touch errno. All zero bytes at the start, about 3.5 MB of which only what is used is
// touched. `now_ns` is nanoseconds since the epoch (WallClockNs).

#include <sys/socket.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/spin_lock.h"
#include "boundary/invocation_tracker.h"
#include "boundary/runtime_api_address.h"
#include "boundary/runtime_api_connection.h"
#include "boundary/window_info.h"

namespace cleanslate {

class RuntimeApiTap {
 public:
  static constexpr int kDescriptors = 65536;          // descriptors beyond are not tapped
  static constexpr std::uint16_t kConnections = 256;  // at once

  constexpr RuntimeApiTap() = default;

  // Before any other method. An address that is not valid matches no connection.
  void Start(const RuntimeApiAddress& address) { address_ = address; }

  // Whether bytes of this descriptor matter. False for all that were never connected to the Runtime API.
  bool Taps(int fd) const {
    return static_cast<unsigned>(fd) < kDescriptors && index_[fd].load(std::memory_order_relaxed) != 0;
  }

  // After connect(2) succeeded, or began (EINPROGRESS, EINTR). Returns whether the descriptor is tapped now.
  bool Connected(int fd, const sockaddr* peer, socklen_t length, std::int64_t now_ns);
  // Before close(2), and before a dup2(2) that closes `fd`: a release is recorded first.
  void Closed(int fd, std::int64_t now_ns);
  // The same for close_range(2), both ends included.
  void ClosedRange(unsigned first, unsigned last, std::int64_t now_ns);
  // After dup(2), dup2(2), fcntl(F_DUPFD) succeeded: both name one connection.
  void Duplicated(int from, int to, std::int64_t now_ns);

  // Before the real call. A boundary is handed out at most once for one request, however often its send is
  // retried and in however many pieces it leaves.
  [[nodiscard]] Boundary BeforeSend(int fd, const iovec* pieces, int count, std::int64_t now_ns);
  // After it, with the count of bytes that the kernel took; negative: none.
  [[nodiscard]] Boundary Sent(int fd, const iovec* pieces, int count, ssize_t accepted, std::int64_t now_ns);
  // After a read of `received` > 0 bytes into `pieces`. Not for MSG_PEEK.
  [[nodiscard]] Boundary Received(int fd, const iovec* pieces, int count, ssize_t received,
                                  std::int64_t now_ns);
  // A read with room for at least one byte returned 0.
  [[nodiscard]] Boundary PeerClosed(int fd, std::int64_t now_ns);

  [[nodiscard]] Boundary BeforeSend(int fd, const void* data, std::size_t size, std::int64_t now_ns);
  [[nodiscard]] Boundary Sent(int fd, const void* data, ssize_t accepted, std::int64_t now_ns);
  [[nodiscard]] Boundary Received(int fd, const void* data, ssize_t received, std::int64_t now_ns);

  // Ends the work on a boundary that was handed out, of whatever kind. Until this call no other is: what
  // arrives belongs to the open window. Returns the boundary that fell due meanwhile; work on it likewise.
  [[nodiscard]] Boundary Finish(const Boundary& boundary, std::int64_t now_ns);

  // The events of closed windows, for whoever works on a boundary. Kept only when KeepEvents was told so.
  void KeepEvents(bool keep) { tracker_.events().Enable(keep); }
  template <typename Visitor>
  void ForEachEvent(std::uint32_t window, Visitor visit) {
    tracker_.events().ForEach(window, visit);
  }
  // Those of the open window, before it closes. The lock is held: `copy` only copies.
  template <typename Copy>
  void CopyOpenEvents(Copy copy) {
    SpinLockHolder holder(lock_);
    tracker_.events().ForEach(tracker_.current_window(), copy);
  }
  void WipeEvents(std::uint32_t window);
  // Nothing is kept any more, nor from now on.
  void ForgetEvents();

  // A connection whose requests were seen to be for the Runtime API: the runtime client's own.
  bool IsRuntimeApi(int fd);

  // No lock.
  std::uint32_t CurrentWindow() const { return tracker_.current_window(); }
  std::uint32_t InFlight() const { return tracker_.in_flight(); }
  // This process has begun to answer an invocation that it received: it is a runtime. A shell runtime's curl
  // only fetches or only posts, and never gets here.
  bool HasAnswered() const { return tracker_.has_answered(); }

  // What could not be followed: connections beyond the pool or on descriptors beyond the index, and
  // connections of the Runtime API whose bytes were not understood.
  std::uint32_t untapped_connections() const { return untapped_.load(std::memory_order_relaxed); }
  std::uint32_t lost_connections() const { return lost_.load(std::memory_order_relaxed); }

  // In the child of fork: forgets all connections and windows; the address stays. The parent's lock, wherever
  // it was, is free.
  void Reset();

 private:
  struct Entry {
    std::uint32_t descriptors = 0;  // 0: free
    bool lost_counted = false;
    RuntimeApiConnection connection;
  };

  Entry* Find(int fd);
  Entry* FreeEntry();
  void Name(int fd, const Entry& entry);
  void Release(int fd, std::int64_t now_ns);
  template <typename Take>
  Boundary Feed(int fd, const iovec* pieces, int count, ssize_t size, Take take);
  // Lets go of what the bytes showed to be somebody else's; counts what was lost.
  void Settle(int fd, Entry& entry);

  SpinLock lock_;
  RuntimeApiAddress address_;
  std::atomic<std::uint32_t> untapped_ = 0;
  std::atomic<std::uint32_t> lost_ = 0;
  std::uint16_t used_ = 0;    // entries beyond were never touched
  int descriptors_used_ = 0;  // those beyond were never tapped
  InvocationTracker tracker_;
  std::atomic<std::uint16_t> index_[kDescriptors] = {};  // entry + 1; 0: not tapped
  Entry entries_[kConnections];
};

}  // namespace cleanslate
