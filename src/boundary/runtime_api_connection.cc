#include "boundary/runtime_api_connection.h"

#include <sys/uio.h>

#include <new>

namespace cleanslate {
namespace {

// One call hands out one boundary at most: while it is worked on, the tracker gives no other.
void Keep(Boundary& kept, const Boundary& next) {
  if (!kept) kept = next;
}

std::string_view Bytes(const iovec& piece) {
  return {static_cast<const char*>(piece.iov_base), piece.iov_len};
}

bool IsPoll(RouteKind kind) {
  return kind == RouteKind::kNext;
}

}  // namespace

void RuntimeApiConnection::Open() {
  new (this) RuntimeApiConnection();  // in place: no temporary on the host's stack
  requests_.Start(HttpStream::Direction::kRequests);
  replies_.Start(HttpStream::Direction::kReplies);
}

Boundary RuntimeApiConnection::BeforeSend(const iovec* pieces, int count, const RuntimeApiAddress& address,
                                          InvocationTracker& tracker, std::int64_t now_ns) {
  if (lost_ || foreign_ || announced_ != Announced::kNo) return {};
  std::uint64_t size = 0;
  for (int i = 0; i < count; ++i) size += pieces[i].iov_len;
  if (size <= requests_.certain_body_bytes()) return {};

  HttpStream peek = requests_;
  for (int i = 0; i < count; ++i) {
    std::string_view bytes = Bytes(pieces[i]);
    HttpEvent event;
    do {
      bytes.remove_prefix(peek.Next(bytes, event));
      if (event.kind == HttpEvent::kMessageEnd) return {};  // what follows is announced when it is sent
      if (event.kind != HttpEvent::kHead) continue;
      announced_request_ = RequestOfHead(peek.head(), address);
      announced_ = Announced::kYes;
      return IsPoll(announced_request_.kind) ? tracker.PollAsked(now_ns) : Boundary();
    } while (event.kind != HttpEvent::kNone);
  }
  return {};
}

Boundary RuntimeApiConnection::Sent(std::string_view bytes, const RuntimeApiAddress& address,
                                    InvocationTracker& tracker, std::int64_t now_ns) {
  Boundary boundary;
  HttpEvent event;
  while (!lost_ && !foreign_) {
    bytes.remove_prefix(requests_.Next(bytes, event));
    switch (event.kind) {
      case HttpEvent::kNone:
        return boundary;
      case HttpEvent::kHead:
        Keep(boundary, RequestBegun(address, tracker, now_ns));
        break;
      case HttpEvent::kMessageEnd:
        Keep(boundary, RequestEnded(tracker, now_ns));
        break;
      case HttpEvent::kLost:
        Lose(tracker, now_ns);
        break;
      case HttpEvent::kBody:
        break;
    }
  }
  return boundary;
}

RuntimeApiConnection::Request RuntimeApiConnection::RequestOfHead(const HttpHead& head,
                                                                  const RuntimeApiAddress& address) const {
  const Route route = ParseRoute(head.method(), head.target(), address.path_prefix());
  return {route.kind, head.method() == "HEAD"};
}

Boundary RuntimeApiConnection::RequestBegun(const RuntimeApiAddress& address, InvocationTracker& tracker,
                                            std::int64_t now_ns) {
  const HttpHead& head = requests_.head();
  const Route route = ParseRoute(head.method(), head.target(), address.path_prefix());
  if (route.kind != RouteKind::kOther) confirmed_ = true;
  if (!confirmed_ && !address.numeric()) {
    foreign_ = true;
    return {};
  }

  Boundary boundary;
  const bool poll_announced = announced_ != Announced::kNo && IsPoll(announced_request_.kind);
  if (IsPoll(route.kind) && !poll_announced) boundary = tracker.PollAsked(now_ns);
  if (!IsPoll(route.kind) && poll_announced && announced_ == Announced::kYes) tracker.PollWithdrawn();
  const bool answered_already = announced_ == Announced::kAnswered;
  announced_ = Announced::kNo;

  if (route.kind == RouteKind::kResponse || route.kind == RouteKind::kError) {
    answering_ = tracker.ResponseBegun(route.request_id, head.response_mode.view() == "streaming");
    answering_error_ = route.kind == RouteKind::kError;
  }
  if (answered_already) return boundary;
  if (pending_count_ == kPipelineDepth) {
    Lose(tracker, now_ns);
    return boundary;
  }
  pending_[(first_ + pending_count_++) % kPipelineDepth] = {route.kind, head.method() == "HEAD"};
  return boundary;
}

Boundary RuntimeApiConnection::RequestEnded(InvocationTracker& tracker, std::int64_t now_ns) {
  const bool error = answering_error_ || !requests_.head().error_type.empty();
  const InvocationTracker::Invocation answered = answering_;
  answering_ = {};
  return tracker.ResponseEnded(answered, error, now_ns);
}

Boundary RuntimeApiConnection::Received(std::string_view bytes, InvocationTracker& tracker,
                                        std::int64_t now_ns) {
  Boundary boundary;
  HttpEvent event;
  while (!lost_ && !foreign_) {
    bytes.remove_prefix(replies_.Next(bytes, event));
    switch (event.kind) {
      case HttpEvent::kNone:
        return boundary;
      case HttpEvent::kHead:
        ReplyBegun(tracker, now_ns);
        break;
      case HttpEvent::kMessageEnd:
        Keep(boundary, ReplyEnded(tracker));
        break;
      case HttpEvent::kLost:
        Lose(tracker, now_ns);
        break;
      case HttpEvent::kBody:
        tracker.EventArriving(arriving_, event.body);
        break;
    }
  }
  return boundary;
}

bool RuntimeApiConnection::NextReply(Request& request) {
  if (pending_count_ > 0) {
    request = pending_[first_];
    first_ = (first_ + 1) % kPipelineDepth;
    --pending_count_;
    return true;
  }
  // The peer has answered, so the announced request has arrived, though its sender isn't back to say so.
  if (announced_ != Announced::kYes) return false;
  announced_ = Announced::kAnswered;
  request = announced_request_;
  return true;
}

void RuntimeApiConnection::ReplyBegun(InvocationTracker& tracker, std::int64_t now_ns) {
  if (!NextReply(being_answered_)) return Lose(tracker, now_ns);
  if (being_answered_.head_method) replies_.SkipBody();
  if (!IsPoll(being_answered_.kind)) return;
  const HttpHead& head = replies_.head();
  if (head.status / 100 == 2 && !head.request_id.empty()) {
    arriving_ = tracker.InvocationArriving(head, now_ns);
  } else {
    tracker.PollWithdrawn();
  }
}

Boundary RuntimeApiConnection::ReplyEnded(InvocationTracker& tracker) {
  const Request answered = being_answered_;
  being_answered_ = {};
  tracker.InvocationReceived(arriving_);
  arriving_ = {};
  const bool restored = answered.kind == RouteKind::kRestoreNext && replies_.head().status / 100 == 2;
  return restored ? tracker.Restored() : Boundary();
}

Boundary RuntimeApiConnection::PeerClosed(InvocationTracker& tracker) {
  if (lost_ || foreign_) return {};
  Boundary boundary;
  if (replies_.EndOfStream()) boundary = ReplyEnded(tracker);
  WithdrawReplies(tracker);
  return boundary;
}

void RuntimeApiConnection::Ended(InvocationTracker& tracker, std::int64_t now_ns) {
  if (!lost_ && !foreign_) Lose(tracker, now_ns);
}

// Replies that will not come, or not be understood.
void RuntimeApiConnection::WithdrawReplies(InvocationTracker& tracker) {
  tracker.InvocationWithdrawn(arriving_);
  arriving_ = {};
  for (Request request; NextReply(request);) {
    if (IsPoll(request.kind)) tracker.PollWithdrawn();
  }
}

void RuntimeApiConnection::Lose(InvocationTracker& tracker, std::int64_t now_ns) {
  lost_ = true;
  WithdrawReplies(tracker);
  tracker.ResponseAborted(answering_, now_ns);
  answering_ = {};
}

}  // namespace cleanslate
