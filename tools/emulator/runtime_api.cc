#include "emulator/runtime_api.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "emulator/text.h"
#include "nlohmann/json.hpp"

namespace cleanslate {
namespace {

constexpr std::size_t kAnsweredKept = 64;

std::string ErrorBody(std::string_view type, std::string_view message) {
  return nlohmann::ordered_json{{"errorType", type}, {"errorMessage", message}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Verdict Refuse(int status, std::string_view type, std::string_view message) {
  return {status, nlohmann::ordered_json{{"errorMessage", message}, {"errorType", type}}.dump() + "\n"};
}

Outcome TimedOut(RuntimeApi::Clock::duration limit) {
  const double seconds = std::chrono::duration<double>(limit).count();
  return {OutcomeKind::kTimedOut, absl::StrFormat("Task timed out after %.2f seconds", seconds), "text/plain",
          "Sandbox.Timedout"};
}

Outcome Exited(const Invocation& invocation, std::string_view how) {
  const std::string message =
      how == "exit status 0"
          ? Concat("RequestId: ", invocation.request_id, " Error: Runtime exited without providing a reason")
          : Concat("RequestId: ", invocation.request_id, " Error: Runtime exited with error: ", how);
  return {OutcomeKind::kExited, ErrorBody("Runtime.ExitError", message), "application/json",
          "Runtime.ExitError"};
}

// The payload's own word for its type, where the head had none.
std::string ErrorTypeOf(const std::string& payload, std::string from_head) {
  if (!from_head.empty()) return from_head;
  const auto object = nlohmann::json::parse(payload, nullptr, false);
  if (object.is_object() && object.contains("errorType") && object["errorType"].is_string()) {
    return object["errorType"].get<std::string>();
  }
  return "Runtime.UnknownReason";
}

Outcome OutcomeOf(Answer answer) {
  const std::size_t limit = answer.streaming ? kStreamedPayloadLimit : kPayloadLimit;
  if (answer.size > limit) {
    const std::string message =
        absl::StrFormat("Response payload size (%u bytes) exceeded maximum allowed payload size (%u bytes).",
                        answer.size, limit);
    constexpr std::string_view kType = "Function.ResponseSizeTooLarge";
    return {OutcomeKind::kTooLarge, ErrorBody(kType, message), "application/json", std::string(kType)};
  }
  if (answer.content_type.empty()) answer.content_type = "application/json";
  const bool broken_stream = answer.streaming && !answer.error_type.empty();
  if (answer.kind == AnswerKind::kResponse && !broken_stream) {
    return {OutcomeKind::kResponse, std::move(answer.body), std::move(answer.content_type), ""};
  }
  if (broken_stream) {
    // Base64, as a trailer can't hold every byte.
    std::string payload;
    if (!absl::Base64Unescape(answer.trailing_error, &payload) || payload.empty()) {
      payload = ErrorBody(answer.error_type, "the streamed response failed");
    }
    answer.body = std::move(payload);
    answer.content_type = "application/json";
  }
  std::string type = ErrorTypeOf(answer.body, std::move(answer.error_type));
  return {OutcomeKind::kFunctionError, std::move(answer.body), std::move(answer.content_type),
          std::move(type)};
}

}  // namespace

void RuntimeApi::Submit(Invocation invocation, Clock::time_point now) {
  if (invocation.request_id.empty()) invocation.request_id = RandomUuid();
  waiting_.push_back(std::move(invocation));
  Dispatch(now);
}

void RuntimeApi::ProcessStarted(Clock::time_point now) {
  Forget();
  phase_ = Phase::kInitializing;
  window_open_ = true;
  init_deadline_ = now + limits_.init_timeout;
}

void RuntimeApi::ProcessEnded(std::string_view how) {
  const bool in_init = phase_ == Phase::kInitializing;
  const std::optional<Outcome> init_error = std::exchange(init_error_, std::nullopt);
  std::deque<InFlight> lost = std::exchange(in_flight_, {});
  Forget();
  for (const InFlight& each : lost) {
    if (each.stage != Stage::kAnswered) observer_.Completed(each.invocation, Exited(each.invocation, how));
  }
  if (in_init && !waiting_.empty()) {
    const Invocation invocation = std::move(waiting_.front());
    waiting_.pop_front();
    observer_.Completed(invocation, init_error ? *init_error : Exited(invocation, how));
  }
}

void RuntimeApi::Poll(PollId poll, Clock::time_point now) {
  if (phase_ == Phase::kNone) return;  // from a process that was given up
  phase_ = Phase::kRunning;
  // One at a time, and the one in hand is not answered: its runtime has lost it, and gets it again.
  const bool again =
      limits_.concurrency == 1 && !in_flight_.empty() && in_flight_.front().stage == Stage::kDelivered;
  if (again) {
    observer_.Deliver(poll, in_flight_.front().invocation, in_flight_.front().deadline);
    return;
  }
  polls_.push_back(poll);
  Settle(now);
}

void RuntimeApi::PollGone(PollId poll) {
  std::erase(polls_, poll);
}

Verdict RuntimeApi::BeginAnswer(std::string_view request_id) {
  InFlight* found = Find(request_id);
  if (found == nullptr || found->stage != Stage::kDelivered) return Refusal(request_id);
  found->stage = Stage::kAnswering;
  return {};
}

Verdict RuntimeApi::FinishAnswer(std::string_view request_id, Answer answer, Clock::time_point now) {
  InFlight* found = Find(request_id);
  if (found == nullptr || found->stage != Stage::kAnswering) return Refusal(request_id);
  found->stage = Stage::kAnswered;
  Remember(found->invocation.request_id);
  const Invocation invocation = found->invocation;
  const Outcome outcome = OutcomeOf(std::move(answer));
  observer_.Completed(invocation, outcome);
  Settle(now);
  if (outcome.kind == OutcomeKind::kTooLarge) {
    return Refuse(413, "RequestEntityTooLarge",
                  absl::StrFormat("Exceeded maximum allowed payload size (%u bytes).", kPayloadLimit));
  }
  return {};
}

void RuntimeApi::AbandonAnswer(std::string_view request_id) {
  if (InFlight* found = Find(request_id); found != nullptr && found->stage == Stage::kAnswering) {
    found->stage = Stage::kDelivered;
  }
}

Verdict RuntimeApi::InitError(std::string body, std::string error_type) {
  if (phase_ != Phase::kInitializing || init_error_) {
    return Refuse(
        403, "InvalidStateTransition",
        "State transition to RuntimeInitError failed: the runtime has already been initialized or has "
        "already failed. State transition is not allowed");
  }
  std::string type = ErrorTypeOf(body, std::move(error_type));
  init_error_ = Outcome{OutcomeKind::kInitError, std::move(body), "application/json", std::move(type)};
  return {};
}

std::optional<RuntimeApi::Clock::time_point> RuntimeApi::deadline() const {
  if (phase_ == Phase::kInitializing) return init_deadline_;
  if (in_flight_.empty()) return std::nullopt;
  return std::min_element(in_flight_.begin(), in_flight_.end(),
                          [](const InFlight& a, const InFlight& b) { return a.deadline < b.deadline; })
      ->deadline;
}

bool RuntimeApi::Expire(Clock::time_point now) {
  const std::optional<Clock::time_point> due = deadline();
  if (!due || now < *due) return false;
  if (phase_ == Phase::kInitializing) {
    Forget();
    if (!waiting_.empty()) {
      const Invocation invocation = std::move(waiting_.front());
      waiting_.pop_front();
      observer_.Completed(invocation, TimedOut(limits_.init_timeout));
    }
    return true;
  }
  std::deque<InFlight> lost = std::exchange(in_flight_, {});
  Forget();
  for (const InFlight& each : lost) {
    if (each.stage == Stage::kAnswered) continue;
    observer_.Completed(each.invocation, now >= each.deadline ? TimedOut(limits_.timeout)
                                                              : Exited(each.invocation, "signal: killed"));
  }
  return true;
}

bool RuntimeApi::has_unanswered() const {
  return std::any_of(in_flight_.begin(), in_flight_.end(),
                     [](const InFlight& each) { return each.stage != Stage::kAnswered; });
}

RuntimeApi::InFlight* RuntimeApi::Find(std::string_view request_id) {
  const auto found = std::find_if(in_flight_.begin(), in_flight_.end(), [request_id](const InFlight& each) {
    return each.invocation.request_id == request_id;
  });
  return found == in_flight_.end() ? nullptr : &*found;
}

Verdict RuntimeApi::Refusal(std::string_view request_id) {
  const bool known = Find(request_id) != nullptr ||
                     std::find(answered_.begin(), answered_.end(), request_id) != answered_.end();
  if (!known) return Refuse(400, "InvalidRequestID", "Invalid request ID");
  return Refuse(
      403, "InvalidStateTransition",
      "State transition to RuntimeInvocationResponse failed: the invocation has been answered. State "
      "transition is not allowed");
}

void RuntimeApi::Dispatch(Clock::time_point now) {
  // What waits to be settled holds its place: the runtime is still busy with it.
  while (!polls_.empty() && !waiting_.empty() && static_cast<int>(in_flight_.size()) < limits_.concurrency) {
    const PollId poll = polls_.front();
    polls_.pop_front();
    in_flight_.push_back({std::move(waiting_.front()), now + limits_.timeout, Stage::kDelivered});
    waiting_.pop_front();
    window_open_ = true;
    observer_.Deliver(poll, in_flight_.back().invocation, in_flight_.back().deadline);
  }
}

// An invocation is over when it is answered and its runtime asks for more. Where several are in flight no
// poll belongs to one of them: the answer alone ends it.
void RuntimeApi::Settle(Clock::time_point now) {
  if (limits_.concurrency > 1 || !polls_.empty()) {
    std::erase_if(in_flight_, [](const InFlight& each) { return each.stage == Stage::kAnswered; });
  }
  if (window_open_ && quiescent()) {
    window_open_ = false;
    observer_.Quiescent();
  }
  Dispatch(now);
}

void RuntimeApi::Remember(const std::string& request_id) {
  answered_.push_back(request_id);
  if (answered_.size() > kAnsweredKept) answered_.pop_front();
}

// The process and all that it had said.
void RuntimeApi::Forget() {
  phase_ = Phase::kNone;
  init_error_.reset();
  in_flight_.clear();
  polls_.clear();
  answered_.clear();
}

}  // namespace cleanslate
