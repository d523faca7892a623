#include "run/session.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "emulator/text.h"
#include "nlohmann/json.hpp"
#include "report/report_reader.h"
#include "run/watch_check.h"

namespace cleanslate {
namespace {

using boost::system::error_code;

constexpr int kInterruptedTwice = 130;
constexpr int kHopelessStarts = 2;
constexpr std::chrono::milliseconds kFreeze{20};
// Where several invocations are in flight the last window closes after its answer, on the function's side.
constexpr std::chrono::milliseconds kReportPause{10};
constexpr int kReportPatience = 100;

// "ValueError: no such order", out of the payload of an error.
std::string Describe(const Outcome& outcome) {
  const auto object = nlohmann::json::parse(outcome.body, nullptr, false);
  std::string message = outcome.body.substr(0, 500);
  if (object.is_object() && object.contains("errorMessage") && object["errorMessage"].is_string()) {
    message = object["errorMessage"].get<std::string>();
  }
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  // Our own text begins with the request id, which is said already.
  const std::size_t error = message.find(" Error: ");
  if (message.starts_with("RequestId: ") && error != std::string::npos) message.erase(0, error + 8);
  const bool says_type =
      outcome.kind == OutcomeKind::kFunctionError || outcome.kind == OutcomeKind::kInitError;
  return says_type ? Concat(outcome.error_type, ": ", message) : message;
}

}  // namespace

Session::Session(const RunPlan& plan, Console& console, ReportSink on_report)
    : plan_(plan),
      console_(console),
      on_report_(std::move(on_report)),
      signals_(context_, SIGINT, SIGTERM, SIGHUP),
      pause_(context_) {}

SessionResult Session::Run() {
  result_.failure = Begin();
  if (!result_.failure) {
    context_.run();
    Drain();
  }
  if (result_.windows > 0) result_.unwatched.clear();
  return std::move(result_);
}

std::optional<Failure> Session::Begin() {
  absl::StatusOr<ReportChannel> channel = ReportChannel::Open();
  if (!channel.ok()) return Failure{kExitUnreadable, std::string(channel.status().message())};
  channel_.emplace(*std::move(channel));
  auto emulator = Emulator::Start(context_, plan_.emulator, *this);
  if (!emulator.ok()) return Failure{kExitUnreadable, std::string(emulator.status().message())};
  emulator_ = *std::move(emulator);
  if (plan_.listen) {
    const absl::StatusOr<std::uint16_t> port = emulator_->Listen(*plan_.listen);
    if (!port.ok()) {
      return Failure{kExitUnreadable,
                     Concat("--listen: ", port.status().message(), ": choose another port, or 0")};
    }
    console_.Say(
        Concat("listening: POST http://127.0.0.1:", *port, "/2015-03-31/functions/function/invocations"));
  }
  AwaitSignal();
  Feed();
  Continue();
  return std::nullopt;
}

void Session::AwaitSignal() {
  signals_.async_wait([this](const error_code& cancelled, int) {
    if (cancelled) return;
    // The warden sees our end, and ends what is left.
    if (result_.interrupted) _exit(kInterruptedTwice);
    result_.interrupted = true;
    AwaitSignal();
    Finish();
  });
}

void Session::StartProcess() {
  ChildSettings settings = plan_.child;
  settings.port = emulator_->runtime_port();
  settings.report_output = channel_->output();
  const Command command{plan_.program, plan_.arguments, ChildEnvironment(settings, environ),
                        plan_.child.root};
  auto process = FunctionProcess::Start(context_, command, *this);
  if (!process.ok()) {
    result_.failure = Failure{kExitFunctionFailed, std::string(process.status().message())};
    return Finish();
  }
  process_ = *std::move(process);
  polled_ = false;
  emulator_->ProcessStarted();
}

// The next events wait until the window has closed. Where several may be in flight they come in batches:
// without a pause between them no window would ever close.
void Session::Feed() {
  if (finishing_ || frozen_ || submitted_ > own_completed_) return;
  if (process_ && !emulator_->quiescent()) return;
  for (int room = plan_.emulator.limits.concurrency; room > 0 && submitted_ < plan_.own_invocations; --room) {
    Invocation invocation;
    invocation.request_id = RandomUuid();
    invocation.event = plan_.events[static_cast<std::size_t>(submitted_) % plan_.events.size()];
    ++submitted_;
    own_ids_.insert(invocation.request_id);
    emulator_->Submit(std::move(invocation));
  }
}

void Session::Continue() {
  boost::asio::post(context_, [this] {
    if (finishing_) return;
    if (Done()) return Finish();
    Feed();
    if (!process_ && emulator_->needs_process()) StartProcess();
  });
}

bool Session::Done() const {
  if (!plan_.wanted) return false;
  const int completed = plan_.own_invocations > 0 ? own_completed_ : result_.completed;
  return completed >= *plan_.wanted && (!process_ || emulator_->quiescent());
}

void Session::Finish() {
  if (finishing_ && !result_.interrupted) return;
  finishing_ = true;
  AwaitReports(result_.interrupted ? 0 : kReportPatience);
}

void Session::AwaitReports(int patience) {
  Drain();
  const bool expected =
      result_.windows > 0 || (plan_.emulator.limits.concurrency > 1 && !plan_.child.library.empty());
  if (patience > 0 && process_ && expected && !unreported_.empty()) {
    pause_.expires_after(kReportPause);
    pause_.async_wait([this, patience](const error_code& cancelled) {
      if (!cancelled) AwaitReports(patience - 1);
    });
    return;
  }
  pause_.cancel();
  if (!process_) return End();
  // Its connections end after it does: it must not see that, and say so.
  process_->Kill();
}

void Session::End() {
  emulator_->Stop();
  signals_.cancel();
}

void Session::Drain() {
  if (!channel_) return;
  for (const std::string& line : channel_->Drain()) {
    any_report_ = true;
    const absl::StatusOr<Report> report = ReadLine(line);
    if (!report.ok()) ++result_.damaged_reports;
    if (report.ok() && report->type == ReportType::kWindow) {
      ++result_.windows;
      for (const std::string& id : report->window.request_ids) unreported_.erase(id);
    }
    on_report_(line, report.ok() ? &*report : nullptr);
  }
}

void Session::NoteIdleEnd(const std::string& how, int status) {
  if (status == 0 && plan_.wanted && result_.completed >= *plan_.wanted) {
    console_.Say(
        "the function exited after its last response, without asking for more: its last window can't be "
        "told");
    return;
  }
  result_.function_failed = true;
  console_.Say(Concat("the function ended (", how, ") when it had no invocation in hand"));
}

void Session::NoteUnwatched(std::uint16_t peer_port) {
  const bool expected = !plan_.child.library.empty() &&
                        Find(plan_.child.given, "CLEANSLATE_OUTPUT").empty() &&
                        Find(plan_.child.given, "CLEANSLATE_REPORT").empty();
  // Several at once may be one window that is still open.
  if (plan_.emulator.limits.concurrency > 1 && any_report_) return;
  if (!expected || result_.windows > 0 || answered_ == 0 || !result_.unwatched.empty()) return;
  if (Find(plan_.child.given, "CLEANSLATE", "on") == "off") {
    result_.unwatched = "CLEANSLATE=off";
  } else {
    result_.unwatched = WhyUnwatched(process_->pid(), process_->warden(), peer_port);
  }
}

void Session::OnInvoked() {
  Continue();
}

void Session::OnPoll(std::uint16_t peer_port) {
  polled_ = true;
  failed_starts_ = 0;
  Drain();
  if (process_) NoteUnwatched(peer_port);
}

void Session::OnDelivery() {
  if (frozen_) {
    frozen_ = false;
    process_->Thaw();
  }
  ++delivered_;
  if (plan_.own_invocations > 0) {
    console_.Progress(Concat("invocation ", delivered_, " of ", plan_.own_invocations));
  } else {
    console_.Progress(Concat("invocation ", delivered_));
  }
}

void Session::OnCompleted(const Invocation& invocation, const Outcome& outcome) {
  ++result_.completed;
  if (own_ids_.erase(invocation.request_id) > 0) ++own_completed_;
  const std::string which = Concat("invocation ", result_.completed, " (", invocation.request_id, ") ");
  switch (outcome.kind) {
    case OutcomeKind::kResponse:
      break;
    case OutcomeKind::kFunctionError:
    case OutcomeKind::kTooLarge:
      ++result_.errors;
      console_.Say(Concat(which, "failed: ", Describe(outcome)));
      break;
    case OutcomeKind::kInitError:
      result_.function_failed = true;
      console_.Say(Concat("the function can't start: ", Describe(outcome)));
      break;
    case OutcomeKind::kTimedOut:
    case OutcomeKind::kExited:
      result_.function_failed = true;
      console_.Say(Concat(which, "failed: ", Describe(outcome)));
      break;
  }
  const bool answered = outcome.kind == OutcomeKind::kResponse ||
                        outcome.kind == OutcomeKind::kFunctionError || outcome.kind == OutcomeKind::kTooLarge;
  if (answered) {
    ++answered_;
    unreported_.insert(invocation.request_id);
  }
  Continue();
}

void Session::OnQuiescent() {
  if (!plan_.emulator.faults.freeze || !process_) return Continue();
  process_->Freeze();
  frozen_ = true;
  pause_.expires_after(kFreeze);
  pause_.async_wait([this](const error_code& cancelled) {
    if (cancelled || finishing_) return;
    if (std::exchange(frozen_, false) && process_) process_->Thaw();
    Continue();
  });
}

void Session::OnOverdue(bool answered) {
  if (finishing_) return;
  if (answered) {
    result_.function_failed = true;
    console_.Say("the function was answered in time but did not ask for its next event before its timeout");
  }
  if (!process_) return;
  killing_ = true;
  process_->Kill();
}

void Session::OnLine(OutputStream stream, std::string_view line) {
  console_.FunctionLine(stream, line);
}

void Session::OnEnded(int status) {
  Drain();
  unreported_.clear();
  frozen_ = false;
  if (!polled_) ++failed_starts_;
  const bool ours = std::exchange(killing_, false) || finishing_;
  const int completed_before = result_.completed;
  process_.reset();
  if (finishing_) return End();
  const std::string how = DescribeStatus(status);
  emulator_->ProcessEnded(how);
  if (!ours && result_.completed == completed_before) NoteIdleEnd(how, status);
  if (failed_starts_ >= kHopelessStarts && plan_.own_invocations > own_completed_) {
    console_.Say(Concat("stopped: the function failed to start ", failed_starts_, " times in a row; ",
                        plan_.own_invocations - own_completed_, " invocations were not made"));
    return Finish();
  }
  Continue();
}

void Session::OnExecFailed(int error) {
  process_.reset();
  result_.failure = Failure{kExitUsage, Concat(plan_.program, ": can't be executed: ", std::strerror(error))};
  if (finishing_) return End();
  Finish();
}

}  // namespace cleanslate
