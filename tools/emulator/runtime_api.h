#pragma once

// The Lambda Runtime API as a state machine: which poll gets which invocation, what an answer means, when
// time is up. No sockets, no processes, no clock: requests and the time come in, replies and events go out,
// so that each rule can be tested by itself. The rules are those of the documentation
// (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) and, where it is silent, of the runtime interface
// emulator (github.com/aws/aws-lambda-runtime-interface-emulator).
//
// One thread. The observer may submit invocations from its calls; nothing else of this class.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/invocation.h"

namespace cleanslate {

// What the runtime is told about a POST.
struct Verdict {
  int status = 202;
  std::string body = "{\"status\":\"OK\"}\n";

  bool accepted() const { return status == 202; }
};

enum class AnswerKind : std::uint8_t { kResponse, kError };

struct Answer {
  AnswerKind kind = AnswerKind::kResponse;
  std::string body;
  std::string content_type;
  std::string error_type;      // Lambda-Runtime-Function-Error-Type, of the head or of the trailers
  std::string trailing_error;  // a streamed response that failed half-way: the error's payload
  std::size_t size = 0;        // of the whole body; larger than `body` when it was beyond the limit
  bool streaming = false;
};

class RuntimeApi {
 public:
  using Clock = std::chrono::steady_clock;
  using PollId = std::uint64_t;

  struct Limits {
    int concurrency = 1;  // invocations in flight at once
    Clock::duration timeout = std::chrono::seconds(3);
    Clock::duration init_timeout = std::chrono::seconds(10);
  };

  class Observer {
   public:
    virtual ~Observer() = default;
    // Send `invocation` as the reply to the poll.
    virtual void Deliver(PollId poll, const Invocation& invocation, Clock::time_point deadline) = 0;
    // Said once for each invocation that was submitted.
    virtual void Completed(const Invocation& invocation, const Outcome& outcome) = 0;
    // Nothing is in flight and the function waits for its next event: a window has closed.
    virtual void Quiescent() = 0;
  };

  RuntimeApi(Limits limits, Observer& observer) : limits_(limits), observer_(observer) {}

  // From the invoker.
  void Submit(Invocation invocation, Clock::time_point now);

  // From the function's process: its life ...
  void ProcessStarted(Clock::time_point now);
  // ... `how` is "exit status 1", "signal: killed". Everything in flight fails. Where the process ended
  // before its first poll, the oldest invocation that waits fails too.
  void ProcessEnded(std::string_view how);

  // ... and its requests. A poll is answered by Deliver, at once or later, or never.
  void Poll(PollId poll, Clock::time_point now);
  void PollGone(PollId poll);
  // The head of an answer has arrived. When accepted, the answer or AbandonAnswer follows.
  Verdict BeginAnswer(std::string_view request_id);
  Verdict FinishAnswer(std::string_view request_id, Answer answer, Clock::time_point now);
  void AbandonAnswer(std::string_view request_id);
  Verdict InitError(std::string body, std::string error_type);

  // When Expire has to be called, if nothing else happens before.
  std::optional<Clock::time_point> deadline() const;
  // Fails what is over its time. True when it was: the process has to be killed and replaced, and none of its
  // requests counts from now on.
  bool Expire(Clock::time_point now);

  bool needs_process() const { return phase_ == Phase::kNone && !waiting_.empty(); }
  bool initializing() const { return phase_ == Phase::kInitializing; }
  bool quiescent() const { return in_flight_.empty() && !polls_.empty(); }
  bool idle() const { return in_flight_.empty() && waiting_.empty(); }
  bool has_unanswered() const;

 private:
  enum class Phase : std::uint8_t { kNone, kInitializing, kRunning };
  enum class Stage : std::uint8_t { kDelivered, kAnswering, kAnswered };

  struct InFlight {
    Invocation invocation;
    Clock::time_point deadline;
    Stage stage = Stage::kDelivered;
  };

  InFlight* Find(std::string_view request_id);
  Verdict Refusal(std::string_view request_id);
  void Dispatch(Clock::time_point now);
  void Settle(Clock::time_point now);
  void Remember(const std::string& request_id);
  void Forget();

  Limits limits_;
  Observer& observer_;
  Phase phase_ = Phase::kNone;
  Clock::time_point init_deadline_;
  bool window_open_ = false;  // init, or an invocation since the function was last quiescent
  std::optional<Outcome> init_error_;
  std::deque<Invocation> waiting_;
  std::deque<InFlight> in_flight_;
  std::deque<PollId> polls_;
  std::deque<std::string> answered_;  // the latest ids that this process has answered
};

}  // namespace cleanslate
