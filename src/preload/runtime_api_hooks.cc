#include "preload/runtime_api_hooks.h"

#include <errno.h>

#include "base/clock.h"
#include "base/guard.h"
#include "preload/library.h"
#include "preload/stale_connections.h"
#include "record/recorder.h"

namespace cleanslate {

constinit RuntimeApiTap runtime_api_tap;

namespace {

// Works on a boundary and on those that fell due meanwhile.
void WorkOn(Boundary boundary) {
  while (boundary) {
    library::OnBoundary(boundary);
    boundary = runtime_api_tap.Finish(boundary, WallClockNs());
  }
}

// After bytes that may have begun or ended an invocation.
void NoteInFlight(std::uint32_t before) {
  const std::uint32_t now = runtime_api_tap.InFlight();
  recorder.activity().SetIdle(now == 0 && runtime_api_tap.HasAnswered());
  if (before == 0 && now > 0) stale_connections.Look();
}

bool HasRoom(const iovec* pieces, int count) {
  for (int i = 0; i < count; ++i) {
    if (pieces[i].iov_len > 0) return true;
  }
  return false;
}

}  // namespace

void RuntimeApiConnecting(const sockaddr* peer, socklen_t size) {
  if (watch_state.load(std::memory_order_relaxed) == WatchState::kDormant) library::WakeFor(peer, size);
}

void RuntimeApiConnected(int fd, const sockaddr* peer, socklen_t size, int result) {
  if (!WatchingThisProcess()) return;
  const ErrnoKeeper keep;
  if (result != 0 && errno != EINPROGRESS && errno != EINTR) return;
  const Guard guard;
  if (!guard.outermost()) return;
  const bool tapped = runtime_api_tap.Connected(fd, peer, size, WallClockNs());
  if (!tapped && (peer->sa_family == AF_INET || peer->sa_family == AF_INET6))
    recorder.Connected(guard, fd, peer, size);
}

void RuntimeApiClosed(int fd) {
  if (runtime_api_tap.Taps(fd)) runtime_api_tap.Closed(fd, WallClockNs());
}

void RuntimeApiClosedRange(unsigned first, unsigned last) {
  runtime_api_tap.ClosedRange(first, last, WallClockNs());
}

void RuntimeApiDuplicated(int from, int to) {
  if (!RuntimeApiTapped(from) && !RuntimeApiTapped(to)) return;
  if (!WatchingThisProcess()) return;
  const Guard guard;
  if (guard.outermost()) runtime_api_tap.Duplicated(from, to, WallClockNs());
}

RuntimeApiSend::RuntimeApiSend(int fd, const iovec* pieces, std::size_t count)
    : fd_(fd), pieces_(pieces), count_(static_cast<int>(count)) {
  if (!WatchingThisProcess()) return;
  const ErrnoKeeper keep;
  const Guard guard;
  if (guard.outermost()) WorkOn(runtime_api_tap.BeforeSend(fd_, pieces_, count_, WallClockNs()));
}

ssize_t RuntimeApiSend::Done(ssize_t accepted) {
  if (accepted <= 0 || !WatchingThisProcess()) return accepted;
  const ErrnoKeeper keep;
  const Guard guard;
  if (!guard.outermost()) return accepted;
  const std::uint32_t before = runtime_api_tap.InFlight();
  WorkOn(runtime_api_tap.Sent(fd_, pieces_, count_, accepted, WallClockNs()));
  NoteInFlight(before);
  return accepted;
}

ssize_t RuntimeApiReceived(int fd, const iovec* pieces, std::size_t count, ssize_t received) {
  if (received < 0 || !WatchingThisProcess()) return received;
  const ErrnoKeeper keep;
  const Guard guard;
  if (!guard.outermost()) return received;
  const int parts = static_cast<int>(count);
  const std::uint32_t before = runtime_api_tap.InFlight();
  if (received > 0) {
    WorkOn(runtime_api_tap.Received(fd, pieces, parts, received, WallClockNs()));
  } else if (HasRoom(pieces, parts)) {
    WorkOn(runtime_api_tap.PeerClosed(fd, WallClockNs()));
  }
  NoteInFlight(before);
  return received;
}

bool IsRuntimeApiConnection(int fd) {
  return runtime_api_tap.IsRuntimeApi(fd);
}

}  // namespace cleanslate
