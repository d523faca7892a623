#pragma once

// One run: the emulator, the function's process and the reports, brought together. It feeds the emulator its
// events, starts and replaces the process, and ends when what was wanted is done, the function can't start,
// or a signal comes.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/emulator.h"
#include "report/report.h"
#include "run/console.h"
#include "run/failure.h"
#include "run/function_process.h"
#include "run/report_channel.h"
#include "run/run_plan.h"

namespace cleanslate {

struct SessionResult {
  std::optional<Failure> failure;  // it could not begin
  int completed = 0;               // invocations that have an outcome
  int errors = 0;                  // of them, those that the handler failed
  bool function_failed = false;    // it crashed, exited or timed out
  bool interrupted = false;
  std::int64_t windows = 0;          // reports of windows
  std::int64_t damaged_reports = 0;  // lines that are no report
  std::string unwatched;             // why nothing was seen of a function that answered; empty when it was
};

class Session : private Emulator::Observer, private FunctionProcess::Observer {
 public:
  // `on_report` gets each line as it was written, and the report when it could be read.
  using ReportSink = std::function<void(std::string_view line, const Report* report)>;

  Session(const RunPlan& plan, Console& console, ReportSink on_report);

  SessionResult Run();

 private:
  std::optional<Failure> Begin();
  void AwaitSignal();
  void StartProcess();
  void Feed();
  // To be called after anything that may have ended the run or made a process necessary.
  void Continue();
  bool Done() const;
  void Finish();
  void AwaitReports(int patience);
  void End();
  void Drain();
  void NoteIdleEnd(const std::string& how, int status);
  void NoteUnwatched(std::uint16_t peer_port);

  void OnInvoked() override;
  void OnPoll(std::uint16_t peer_port) override;
  void OnDelivery() override;
  void OnCompleted(const Invocation& invocation, const Outcome& outcome) override;
  void OnQuiescent() override;
  void OnOverdue(bool answered) override;
  void OnLine(OutputStream stream, std::string_view line) override;
  void OnEnded(int status) override;
  void OnExecFailed(int error) override;

  const RunPlan& plan_;
  Console& console_;
  ReportSink on_report_;
  boost::asio::io_context context_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer pause_;
  std::optional<ReportChannel> channel_;
  std::unique_ptr<Emulator> emulator_;
  std::shared_ptr<FunctionProcess> process_;
  SessionResult result_;
  int submitted_ = 0;      // of our own
  int own_completed_ = 0;  // of them
  int delivered_ = 0;
  int failed_starts_ = 0;  // in a row
  int answered_ = 0;       // by the function itself
  bool frozen_ = false;
  bool killing_ = false;  // its end is our doing
  bool finishing_ = false;
  bool any_report_ = false;
  bool polled_ = false;  // this process has asked for an event
  std::set<std::string> own_ids_;
  std::set<std::string> unreported_;  // answered invocations whose window has not come
};

}  // namespace cleanslate
