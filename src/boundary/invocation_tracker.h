#pragma once

// When invocations begin and end, and when a window closes. Fed by RuntimeApiTap, under its lock; not
// thread-safe by itself but for the getters marked so. Allocates nothing; all zero bytes at the start.
//
// A phase is keyed by its request id, never by a global flag:
//   poll        from the moment `next` is about to leave until its reply's head, or its connection's end
//   in flight   from the head of the reply that brings it until the end of the response or error
//               that answers it. A client that gave up half-way through answering has answered: a refused or
//               broken response is followed by another attempt (in flight again) or by `next`, never by both.
//
// The quiescent boundary: a window closes when nothing is in flight, at least one invocation has ended in it,
// and a poll is open or is being asked for right now. For a runtime that takes one at a time that is just
// before `next` leaves; where other polls are open, when the last response's end has been sent.
//
// The thread that is handed a Boundary works on it without any lock and calls Finish. Until then no other is
// handed out; what arrives meanwhile belongs to the window that is open, and Finish hands out what is due.
//
// An invocation whose deadline has passed without an answer is given up: it keeps no window open.

#include <atomic>
#include <cstdint>
#include <string_view>

#include "boundary/event_keeper.h"
#include "boundary/http_head.h"
#include "boundary/window_info.h"

namespace cleanslate {

class InvocationTracker {
 public:
  static constexpr std::size_t kCapacity = 256;  // invocations in flight, or ended in the open window

  // One invocation of the tracker; stale and empty ones are ignored by every method.
  struct Invocation {
    std::uint16_t slot = 0;
    std::uint64_t serial = 0;  // 0: none
  };

  constexpr InvocationTracker() = default;
  // Of the child of fork: nothing is known, and the first `next` is again the first.
  void Reset();

  // `now_ns`: nanoseconds since the epoch, everywhere.

  // `next` is about to leave. May be the init boundary, or close the window.
  Boundary PollAsked(std::int64_t now_ns);
  // The poll's connection has ended, its request was never sent, or its reply brought nothing.
  void PollWithdrawn();

  // The head of the poll's reply brought an invocation; the poll is over.
  Invocation InvocationArriving(const HttpHead& head, std::int64_t now_ns);
  // Bytes of its event.
  void EventArriving(Invocation invocation, std::string_view bytes);
  // The whole event is here: a member of the window from now on.
  void InvocationReceived(Invocation invocation);
  // The connection ended before the whole event was here. The Runtime API gives it to another poll.
  void InvocationWithdrawn(Invocation invocation);

  // The head of a response or error for `request_id` has been sent. None when the id isn't known here.
  Invocation ResponseBegun(std::string_view request_id, bool streaming);
  // Its last byte has been sent. May close the window.
  Boundary ResponseEnded(Invocation invocation, bool error, std::int64_t now_ns);
  // The connection ended before.
  void ResponseAborted(Invocation invocation, std::int64_t now_ns);

  // restore/next was answered.
  Boundary Restored();

  // The work on `boundary` is done. Returns the boundary that fell due meanwhile, if any: work on it
  // likewise.
  [[nodiscard]] Boundary Finish(const Boundary& boundary, std::int64_t now_ns);

  // Any thread, no lock.
  std::uint32_t current_window() const { return current_window_.load(std::memory_order_relaxed); }
  std::uint32_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  // True once this process has begun to answer an invocation that it received itself: it is a runtime, and
  // not a child that only fetches or only posts (a shell runtime's curl).
  bool has_answered() const { return has_answered_.load(std::memory_order_relaxed); }

  std::uint32_t open_polls() const { return open_polls_; }
  EventKeeper& events() { return events_; }

 private:
  enum class Phase : std::uint8_t { kFree, kArriving, kInFlight, kAnswering, kEnded };
  struct Slot {
    Phase phase = Phase::kFree;
    bool failed = false;  // counted as an error
    std::uint64_t serial = 0;
    EventKeeper::Place event = EventKeeper::Place::kNone;  // while it arrives
    std::int64_t arrived_ns = 0;
    std::int64_t deadline_ns = 0;  // 0: unknown, or past when it arrived
    BoundedText<kRequestIdBytes> request_id;
    BoundedText<kFunctionArnBytes> function_arn;
    BoundedText<kTenantIdBytes> tenant_id;
  };

  WindowInfo& open_window() { return windows_[open_]; }
  Slot* FindUnanswered(std::string_view request_id);
  Slot* FindEnded(std::string_view request_id);
  Slot* Find(Invocation invocation);
  Slot* FreeSlot();
  Invocation Name(const Slot& slot) const;
  void Enter(Slot& slot, Phase phase);
  void Leave(Slot& slot, Phase phase);
  void Join(Slot& slot);
  void End(Slot& slot, std::int64_t now_ns);
  void GiveUpExpired(std::int64_t now_ns);
  Boundary CloseIfQuiescent(std::int64_t now_ns);
  Boundary Close(BoundaryKind kind);

  std::atomic<std::uint32_t> current_window_ = 0;
  std::atomic<std::uint32_t> in_flight_ = 0;
  std::atomic<bool> has_answered_ = false;
  bool initialized_ = false;  // the first `next` was asked for
  bool in_boundary_ = false;  // handed out and not yet finished
  bool restore_due_ = false;
  std::uint8_t open_ = 0;  // index of the open window; the other one is in the hands of a Boundary
  std::uint32_t open_polls_ = 0;
  std::uint32_t ended_ = 0;  // in the open window
  std::uint64_t last_serial_ = 0;
  std::uint64_t last_invocation_ = 0;
  WindowInfo windows_[2];
  EventKeeper events_;
  std::size_t slots_used_ = 0;  // those beyond were never touched
  Slot slots_[kCapacity];
};

}  // namespace cleanslate
