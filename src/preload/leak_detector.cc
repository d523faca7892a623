#include "preload/leak_detector.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "analysis/judge.h"
#include "analysis/survivors.h"
#include "base/clock.h"
#include "base/internal_heap.h"
#include "base/own_code.h"
#include "boundary/window_info.h"
#include "preload/function_facts.h"
#include "preload/runtime_api_hooks.h"
#include "preload/snapshot_taker.h"
#include "preload/stale_taker.h"
#include "preload/variable_taker.h"
#include "probe/python/lines.h"
#include "record/recorder.h"
#include "record/unwinder.h"
#include "report/json_line.h"
#include "report/make_report.h"
#include "report/sink.h"
#include "report/symbolizer.h"

namespace cleanslate {

namespace {

std::string ReadFile(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return text;
  char buffer[4096];
  constexpr std::size_t kMost = std::size_t{1} << 20;
  for (ssize_t count; text.size() < kMost && (count = read(fd, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  close(fd);
  return text;
}

void Say(const std::string& line) {
  raw::WriteStderr(line.data(), line.size());
}

Suppressions ReadSuppressions(const Options& options) {
  std::string path = options.suppressions;
  const bool asked_for = !path.empty();
  if (!asked_for) {
    const char* root = getenv("LAMBDA_TASK_ROOT");
    path = std::string(root == nullptr ? "." : root) + "/cleanslate.supp";
  }
  if (asked_for && access(path.c_str(), R_OK) != 0) {
    Say("cleanslate: " + path + " can't be read, nothing is suppressed; see CLEANSLATE_SUPPRESSIONS\n");
  }
  std::vector<SuppressionDiagnostic> bad_lines;
  const std::chrono::sys_time<std::chrono::nanoseconds> now{std::chrono::nanoseconds(WallClockNs())};
  const auto today = std::chrono::floor<std::chrono::days>(now);
  Suppressions suppressions = Suppressions::Parse(ReadFile(path), today, &bad_lines);
  for (const SuppressionDiagnostic& bad : bad_lines) {
    Say("cleanslate: " + path + ":" + std::to_string(bad.line) + ": " + bad.message + "\n");
  }
  return suppressions;
}

JudgeOptions JudgeFor(const Options& options, const FunctionFacts& function) {
  JudgeOptions judge;
  // Where only warnings are written, naming the rest would be work for nothing.
  judge.least = options.report == ReportMode::kAll ? Severity::kInfo : Severity::kWarning;
  judge.memory_limit_bytes = function.memory_mb << 20;
  return judge;
}

// What is the same in every report of this process.
WindowFacts ReadFacts() {
  WindowFacts facts;
  facts.environment = NewEnvironmentId();
  facts.pid = getpid();
  facts.runtime = ReadRuntimeName();
  facts.function = ReadFunctionFacts();
  return facts;
}

}  // namespace

struct LeakDetector::Parts {
  explicit Parts(const Options& options)
      : report_mode(options.report),
        max_line(options.max_line),
        sink(ParseOutput(options.output).value_or(SinkTarget{})),
        budget(options.budget_ms),
        taker(options, [this] { return sink.OwnDescriptor(); }),
        variables(options),
        facts(ReadFacts()),
        judge(ReadSuppressions(options), JudgeFor(options, facts.function)) {}

  Frames Name(StackId stack);

  // One boundary, as the pipeline that it is.
  void Observe(ReportType type, WindowSpan span);
  VariableSnapshot TakeVariables(WindowNumber window, std::chrono::steady_clock::time_point deadline);
  void AddLateFiles(std::vector<ChangedFile>& changed);
  void Write(const Report& report);
  void WriteHeldBack();

  ReportMode report_mode;
  std::size_t max_line;
  Sink sink;
  std::chrono::milliseconds budget;
  SnapshotTaker taker;
  VariableTaker variables;
  std::uint32_t closed_window = 0;  // the tap's number of it: whose events are kept
  WindowFacts facts;
  Judge judge;
  Symbolizer symbolizer;
  Snapshot before;
  std::vector<ChangedFile> late_files;  // of windows that are closed, and told of in none
  std::string held_back;
  std::map<std::string, std::int64_t> left_out;  // of the window being reported
};

Frames LeakDetector::Parts::Name(StackId stack) {
  constexpr int kMostNamed = 512;
  std::uintptr_t addresses[kMostNamed];
  const int count = recorder.stacks().Expand(stack, addresses, kMostNamed);
  if (count == kMostNamed) addresses[count - 1] = Unwinder::kCut;
  // Our interposers stand between the host's frames where libc calls back into them.
  std::uintptr_t* const last = std::remove_if(addresses, addresses + count, IsOurCode);
  const bool cut = last != addresses && last[-1] == Unwinder::kCut;
  Frames frames = symbolizer.Name(std::span(addresses, cut ? last - 1 : last));
  if (cut) frames.emplace_back().module = kCutModule;
  return frames;
}

void LeakDetector::Parts::Observe(ReportType type, WindowSpan span) {
  const std::int64_t started = MonotonicNs();
  const StackNamer namer = [this](StackId stack) { return Name(stack); };

  const auto began = std::chrono::steady_clock::now();
  const WindowNumber window = recorder.AdvanceWindow();
  VariableSnapshot variables_now = TakeVariables(window, began + budget / 2);
  Snapshot now = taker.Take(window, began + budget);
  AddLateFiles(now.files.changed);
  now.stale = TakeStale(stale_connections, now.window, before.descriptors, now.descriptors);
  Survivors survivors = type == ReportType::kInit ? Survivors{} : Diff(before, now);
  survivors.variables = std::move(variables_now);
  survivors.lines = variables.lines();
  const DataNamer data = [this](const StaticRange& range) {
    DataName named = symbolizer.NameData(range.path, range.offset);
    // Without a symbol, what lies around the text.
    constexpr std::uint64_t kAround = 1 << 16;
    const bool known = !named.symbol.empty() && named.bytes > 0;
    const std::uint64_t begin = known ? named.offset : range.offset - std::min(range.offset, kAround);
    const std::uint64_t end = known ? begin + static_cast<std::uint64_t>(named.bytes)
                                    : range.offset + static_cast<std::uint64_t>(range.bytes) + kAround;
    named.traffic = range.text && taker.HoldsTraffic(range.path, begin, end - begin);
    return named;
  };
  std::vector<Finding> findings = judge.Observe(survivors, now, namer, data);

  facts.type = type;
  facts.timestamp_ms = WallClockNs() / 1'000'000;
  facts.window = std::move(span);
  const bool telling = type != ReportType::kWindow || report_mode == ReportMode::kAll || !findings.empty();
  if (telling && report_mode != ReportMode::kOff) {
    const Cost cost = {(MonotonicNs() - started) / 1000 + survivors.variables.before_us,
                       static_cast<std::int64_t>(recorder.resident_bytes() + internal_heap.mapped_bytes())};
    Report report = MakeReport(facts, survivors, now, std::move(findings), namer, cost, data);
    left_out["heap.blocks"] = recorder.blocks_refused();
    left_out["findings"] = judge.LeftOut();
    left_out["connections"] = runtime_api_tap.lost_connections() + runtime_api_tap.untapped_connections();
    for (const auto& [what, count] : left_out) {
      if (count > 0) report.left_out[what] += count;
    }
    report.suppressed = judge.Suppressed();
    report.known = judge.Known();
    Write(report);
  }
  left_out.clear();
  before = std::move(now);
}

VariableSnapshot LeakDetector::Parts::TakeVariables(WindowNumber window,
                                                    std::chrono::steady_clock::time_point deadline) {
  const auto events = [this](const VariableTaker::EventVisitor& visit) {
    runtime_api_tap.ForEachEvent(closed_window, visit);
  };
  VariableSnapshot taken = variables.Take(window, events, deadline, judge.WantsLines());
  runtime_api_tap.WipeEvents(closed_window);
  return taken;
}

void LeakDetector::Parts::AddLateFiles(std::vector<ChangedFile>& changed) {
  const auto middle = changed.insert(changed.end(), late_files.begin(), late_files.end());
  late_files.clear();
  std::inplace_merge(changed.begin(), middle, changed.end(),
                     [](const ChangedFile& a, const ChangedFile& b) { return a.file.path < b.file.path; });
}

void LeakDetector::Parts::Write(const Report& report) {
  std::string line = ToLine(report, max_line);
  if (report.type == ReportType::kInit) {
    held_back = std::move(line);
    return;
  }
  WriteHeldBack();
  sink.Write(line);
}

void LeakDetector::Parts::WriteHeldBack() {
  if (!held_back.empty()) sink.Write(held_back);
  held_back.clear();
}

LeakDetector::LeakDetector(const Options& options) : parts_(std::make_unique<Parts>(options)) {}

LeakDetector* LeakDetector::Create(const Options& options) noexcept try {
  return new LeakDetector(options);
} catch (...) {
  return nullptr;
}

bool LeakDetector::OnInit() noexcept try {
  parts_->Observe(ReportType::kInit, {});
  return true;
} catch (...) {
  return false;
}

bool LeakDetector::OnBegin() noexcept try {
  const WindowNumber closed = parts_->before.window;
  const auto deadline = std::chrono::steady_clock::now() + parts_->budget;
  parts_->before = parts_->taker.Take(recorder.AdvanceWindow(), deadline);
  // What a walk that was cut finds only now isn't nobody's.
  for (const ChangedFile& each : parts_->before.files.changed)
    if (each.file.since <= closed && each.file.born <= closed) parts_->late_files.push_back(each);
  return true;
} catch (...) {
  return false;
}

bool LeakDetector::OnWindow(const WindowInfo& window) noexcept try {
  WindowSpan span;
  span.first = static_cast<std::int64_t>(window.first_invocation);
  span.last = static_cast<std::int64_t>(window.last_invocation);
  for (std::size_t i = 0; i < window.request_ids_kept(); ++i) {
    span.request_ids.emplace_back(window.request_ids[i].view());
  }
  span.concurrent = window.concurrent;
  span.cold_start = window.cold_start;
  const std::int64_t duration_us = (window.ended_ns - window.started_ns) / 1000;
  span.duration_ms = static_cast<double>(duration_us) / 1000;
  parts_->left_out["window.requestIds"] = static_cast<std::int64_t>(window.invocations) -
                                          static_cast<std::int64_t>(window.request_ids_kept()) +
                                          window.untracked;
  parts_->WriteHeldBack();
  parts_->closed_window = window.number;
  parts_->Observe(ReportType::kWindow, std::move(span));
  return true;
} catch (...) {
  return false;
}

bool LeakDetector::OnRestore() noexcept try {
  // The restored copies share everything but this.
  parts_->facts.environment = NewEnvironmentId();
  parts_->WriteHeldBack();
  parts_->Observe(ReportType::kRestore, {});
  return true;
} catch (...) {
  return false;
}

bool LeakDetector::OnExit() noexcept try {
  parts_->WriteHeldBack();
  parts_->Observe(ReportType::kExit, {});
  return true;
} catch (...) {
  return false;
}

void LeakDetector::OnQuiet(const char* reason) noexcept try {
  PythonLines::Silence();
  if (parts_->report_mode == ReportMode::kOff) return;
  parts_->facts.type = ReportType::kQuiet;
  parts_->facts.timestamp_ms = WallClockNs() / 1'000'000;
  parts_->facts.reason = reason;
  parts_->Write(MakeReport(parts_->facts, {}, parts_->before, {}, {}, {}));
} catch (...) {
}

}  // namespace cleanslate
