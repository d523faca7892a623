#pragma once

// One connection that may be to the Runtime API: both directions' parsers, and the requests whose replies are
// still to come, in order. Turns bytes into the tracker's events. Used under RuntimeApiTap's lock.
//
// Nothing is believed until a request's path has confirmed the connection.

#include <cstdint>
#include <string_view>

#include "boundary/http_stream.h"
#include "boundary/invocation_tracker.h"
#include "boundary/runtime_api_address.h"
#include "boundary/runtime_api_route.h"
#include "boundary/window_info.h"

struct iovec;

namespace cleanslate {

class RuntimeApiConnection {
 public:
  constexpr RuntimeApiConnection() = default;
  void Open();

  // The bytes of `pieces` are about to be sent. Announces a `next` whose head they would complete, once.
  Boundary BeforeSend(const iovec* pieces, int count, const RuntimeApiAddress& address,
                      InvocationTracker& tracker, std::int64_t now_ns);
  Boundary Sent(std::string_view bytes, const RuntimeApiAddress& address, InvocationTracker& tracker,
                std::int64_t now_ns);
  Boundary Received(std::string_view bytes, InvocationTracker& tracker, std::int64_t now_ns);
  // The peer will send no more: what was read until close is complete. The connection itself goes on.
  Boundary PeerClosed(InvocationTracker& tracker);
  // The last descriptor of the connection was closed.
  void Ended(InvocationTracker& tracker, std::int64_t now_ns);

  bool confirmed() const { return confirmed_; }
  // The bytes were not what we can follow; or the first request was for something else. Nothing more will
  // come.
  bool lost() const { return lost_; }
  bool foreign() const { return foreign_; }

 private:
  static constexpr std::uint8_t kPipelineDepth = 16;

  struct Request {
    RouteKind kind = RouteKind::kOther;
    bool head_method = false;
  };
  // A request that bytes announce before they are sent. Its reply may be read by another thread before the
  // sender is back from the system call.
  enum class Announced : std::uint8_t { kNo, kYes, kAnswered };

  Request RequestOfHead(const HttpHead& head, const RuntimeApiAddress& address) const;
  Boundary RequestBegun(const RuntimeApiAddress& address, InvocationTracker& tracker, std::int64_t now_ns);
  Boundary RequestEnded(InvocationTracker& tracker, std::int64_t now_ns);
  void ReplyBegun(InvocationTracker& tracker, std::int64_t now_ns);
  Boundary ReplyEnded(InvocationTracker& tracker);
  bool NextReply(Request& request);
  void WithdrawReplies(InvocationTracker& tracker);
  void Lose(InvocationTracker& tracker, std::int64_t now_ns);

  HttpStream requests_;
  HttpStream replies_;
  bool confirmed_ = false;
  bool foreign_ = false;
  bool lost_ = false;
  Announced announced_ = Announced::kNo;
  Request announced_request_;
  std::uint8_t first_ = 0;  // of the ring `pending_`
  std::uint8_t pending_count_ = 0;
  Request pending_[kPipelineDepth];
  Request being_answered_;
  InvocationTracker::Invocation arriving_;
  InvocationTracker::Invocation answering_;
  bool answering_error_ = false;
};

}  // namespace cleanslate
