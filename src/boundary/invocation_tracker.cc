#include "boundary/invocation_tracker.h"

#include <new>

#include "boundary/bounded_text.h"

namespace cleanslate {
namespace {

// A response on its way when the deadline passes is still one.
constexpr std::int64_t kDeadlineGraceNs = 1'000'000'000;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kLargestMs = INT64_MAX / kNsPerMs - 1'000;

}  // namespace

void InvocationTracker::Reset() {
  current_window_.store(0, std::memory_order_relaxed);
  in_flight_.store(0, std::memory_order_relaxed);
  has_answered_.store(false, std::memory_order_relaxed);
  initialized_ = false;
  in_boundary_ = false;
  restore_due_ = false;
  open_ = 0;
  open_polls_ = 0;
  ended_ = 0;
  last_serial_ = 0;
  last_invocation_ = 0;
  new (&windows_[0]) WindowInfo();
  for (std::size_t i = 0; i < slots_used_; ++i) slots_[i] = Slot();
  slots_used_ = 0;
  events_.Reset();
}

Boundary InvocationTracker::PollAsked(std::int64_t now_ns) {
  if (++open_polls_ > 1) open_window().concurrent = true;
  if (!initialized_) {
    initialized_ = true;
    return Close(BoundaryKind::kInit);
  }
  return CloseIfQuiescent(now_ns);
}

void InvocationTracker::PollWithdrawn() {
  if (open_polls_ > 0) --open_polls_;
}

InvocationTracker::Invocation InvocationTracker::InvocationArriving(const HttpHead& head,
                                                                    std::int64_t now_ns) {
  PollWithdrawn();
  if (const Slot* known = FindUnanswered(head.request_id.view())) {
    return Name(*known);  // asked again without having answered: the same invocation
  }
  Slot* slot = FreeSlot();
  if (slot == nullptr) {
    ++open_window().untracked;
    return {};
  }
  *slot = Slot();
  slot->serial = ++last_serial_;
  slot->arrived_ns = now_ns;
  if (const std::int64_t deadline_ms = head.deadline_ms(); deadline_ms <= kLargestMs) {
    const std::int64_t deadline_ns = deadline_ms * kNsPerMs;
    slot->deadline_ns = deadline_ns > now_ns ? deadline_ns : 0;
  }
  slot->request_id = head.request_id;
  slot->function_arn = head.function_arn;
  slot->tenant_id = head.tenant_id;
  slot->event = events_.Begin();
  Enter(*slot, Phase::kArriving);
  return Name(*slot);
}

void InvocationTracker::EventArriving(Invocation invocation, std::string_view bytes) {
  const Slot* slot = Find(invocation);
  if (slot != nullptr && slot->phase == Phase::kArriving) events_.Append(slot->event, bytes);
}

void InvocationTracker::InvocationReceived(Invocation invocation) {
  Slot* slot = Find(invocation);
  if (slot == nullptr || slot->phase != Phase::kArriving) return;
  if (FindUnanswered(slot->request_id.view()) != nullptr) {  // two polls brought the same one at once
    events_.Drop(slot->event);
    Leave(*slot, Phase::kFree);
    return;
  }
  events_.Complete(slot->event, open_window().number);
  slot->phase = Phase::kInFlight;
  Join(*slot);
}

void InvocationTracker::InvocationWithdrawn(Invocation invocation) {
  Slot* slot = Find(invocation);
  if (slot == nullptr || slot->phase != Phase::kArriving) return;
  events_.Drop(slot->event);
  Leave(*slot, Phase::kFree);
}

InvocationTracker::Invocation InvocationTracker::ResponseBegun(std::string_view request_id, bool streaming) {
  Slot* slot = FindUnanswered(request_id);
  if (slot == nullptr) slot = FindEnded(request_id);
  if (slot == nullptr) return {};
  // Another attempt: the one before was refused, or broke off.
  if (slot->phase == Phase::kEnded) Enter(*slot, Phase::kAnswering);
  slot->phase = Phase::kAnswering;
  if (streaming) open_window().streaming = true;
  has_answered_.store(true, std::memory_order_relaxed);
  return Name(*slot);
}

Boundary InvocationTracker::ResponseEnded(Invocation invocation, bool error, std::int64_t now_ns) {
  Slot* slot = Find(invocation);
  if (slot == nullptr || slot->phase != Phase::kAnswering) return {};
  if (error && !slot->failed) ++open_window().errors;
  slot->failed = slot->failed || error;
  End(*slot, now_ns);
  return CloseIfQuiescent(now_ns);
}

void InvocationTracker::ResponseAborted(Invocation invocation, std::int64_t now_ns) {
  Slot* slot = Find(invocation);
  if (slot != nullptr && slot->phase == Phase::kAnswering) End(*slot, now_ns);
}

Boundary InvocationTracker::Restored() {
  if (in_boundary_) {
    restore_due_ = true;
    return {};
  }
  in_boundary_ = true;
  restore_due_ = false;
  return {BoundaryKind::kRestore, nullptr};
}

Boundary InvocationTracker::Finish(const Boundary& boundary, std::int64_t now_ns) {
  if (!boundary || !in_boundary_) return {};
  in_boundary_ = false;
  return restore_due_ ? Restored() : CloseIfQuiescent(now_ns);
}

InvocationTracker::Slot* InvocationTracker::FindUnanswered(std::string_view request_id) {
  request_id = First(request_id, kRequestIdBytes);
  for (std::size_t i = 0; i < slots_used_; ++i) {
    Slot& slot = slots_[i];
    const bool unanswered = slot.phase == Phase::kInFlight || slot.phase == Phase::kAnswering;
    if (unanswered && slot.request_id.view() == request_id) return &slot;
  }
  return nullptr;
}

// The last of that name: an id comes back when the service repeats an invocation that failed.
InvocationTracker::Slot* InvocationTracker::FindEnded(std::string_view request_id) {
  request_id = First(request_id, kRequestIdBytes);
  Slot* last = nullptr;
  for (std::size_t i = 0; i < slots_used_; ++i) {
    Slot& slot = slots_[i];
    if (slot.phase != Phase::kEnded || slot.request_id.view() != request_id) continue;
    if (last == nullptr || slot.serial > last->serial) last = &slot;
  }
  return last;
}

InvocationTracker::Slot* InvocationTracker::Find(Invocation invocation) {
  if (invocation.serial == 0) return nullptr;
  Slot& slot = slots_[invocation.slot];
  return slot.serial == invocation.serial && slot.phase != Phase::kFree ? &slot : nullptr;
}

// One that has ended gives its place up when there is no other: it only serves another attempt to answer.
InvocationTracker::Slot* InvocationTracker::FreeSlot() {
  Slot* oldest_ended = nullptr;
  for (std::size_t i = 0; i < slots_used_; ++i) {
    Slot& slot = slots_[i];
    if (slot.phase == Phase::kFree) return &slot;
    if (slot.phase == Phase::kEnded && (oldest_ended == nullptr || slot.serial < oldest_ended->serial)) {
      oldest_ended = &slot;
    }
  }
  return slots_used_ < kCapacity ? &slots_[slots_used_++] : oldest_ended;
}

InvocationTracker::Invocation InvocationTracker::Name(const Slot& slot) const {
  return {static_cast<std::uint16_t>(&slot - slots_), slot.serial};
}

void InvocationTracker::Enter(Slot& slot, Phase phase) {
  slot.phase = phase;
  if (in_flight_.fetch_add(1, std::memory_order_relaxed) > 0) open_window().concurrent = true;
}

void InvocationTracker::Leave(Slot& slot, Phase phase) {
  slot.phase = phase;
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

void InvocationTracker::Join(Slot& slot) {
  WindowInfo& window = open_window();
  const std::uint64_t ordinal = ++last_invocation_;
  if (window.invocations == 0) {
    window.first_invocation = ordinal;
    window.cold_start = ordinal == 1;
    window.started_ns = slot.arrived_ns;
    window.tenant_id = slot.tenant_id;
  }
  if (slot.arrived_ns < window.started_ns) window.started_ns = slot.arrived_ns;
  if (slot.tenant_id.view() != window.tenant_id.view()) window.mixed_tenants = true;
  window.last_invocation = ordinal;
  window.function_arn = slot.function_arn;
  if (window.invocations < WindowInfo::kRequestIdsKept) {
    window.request_ids[window.invocations] = slot.request_id;
  }
  ++window.invocations;
}

void InvocationTracker::End(Slot& slot, std::int64_t now_ns) {
  Leave(slot, Phase::kEnded);
  ++ended_;
  open_window().ended_ns = now_ns;
}

void InvocationTracker::GiveUpExpired(std::int64_t now_ns) {
  for (std::size_t i = 0; i < slots_used_; ++i) {
    Slot& slot = slots_[i];
    const bool expired = slot.phase == Phase::kInFlight && slot.deadline_ns != 0 &&
                         now_ns - kDeadlineGraceNs > slot.deadline_ns;
    if (expired) End(slot, now_ns);
  }
}

Boundary InvocationTracker::CloseIfQuiescent(std::int64_t now_ns) {
  if (in_boundary_ || open_polls_ == 0) return {};
  if (in_flight() > 0) GiveUpExpired(now_ns);
  if (in_flight() > 0 || ended_ == 0) return {};
  return Close(BoundaryKind::kWindow);
}

// The next window opens at once: whatever happens while the boundary is worked on belongs to it.
Boundary InvocationTracker::Close(BoundaryKind kind) {
  WindowInfo& closed = open_window();
  for (std::size_t i = 0; i < slots_used_; ++i) {
    if (slots_[i].phase == Phase::kEnded) slots_[i].phase = Phase::kFree;
  }
  ended_ = 0;
  in_boundary_ = true;
  open_ ^= 1;
  new (&open_window()) WindowInfo();  // in place: a temporary would take 8 KB of the host's stack
  open_window().number = closed.number + 1;
  open_window().concurrent = open_polls_ > 1;
  current_window_.store(open_window().number, std::memory_order_relaxed);
  return {kind, &closed};
}

}  // namespace cleanslate
