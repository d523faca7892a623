#include "preload/variable_taker.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/raw_io.h"
#include "preload/runtime_api_hooks.h"

namespace cleanslate {
namespace {

PythonProbeOptions PythonOptions() {
  PythonProbeOptions options;
  if (const char* root = getenv("LAMBDA_TASK_ROOT")) {
    options.task_root = root;
  } else {
    std::error_code ignored;
    options.task_root = std::filesystem::current_path(ignored).string();
  }
  return options;
}

// Node looks while the window is still open: its events are whole, and those to come are none of its.
void VisitEvents(NodeProbe::TakeEvent take, void* state) {
  std::vector<std::string> events;
  runtime_api_tap.CopyOpenEvents([&events](std::string_view event) { events.emplace_back(event); });
  for (const std::string& event : events) take(state, event);
}

void Append(VariableSnapshot more, VariableSnapshot& all) {
  std::move(more.changed.begin(), more.changed.end(), std::back_inserter(all.changed));
  all.watched += more.watched;
  all.left_out += more.left_out;
  all.before_us += more.before_us;
  all.interpreters += more.interpreters;
}

}  // namespace

VariableTaker::VariableTaker(const Options& options)
    : probes_(options.WantedProbes()), residue_(options.residue), python_(PythonOptions()) {
  NodeProbe::SetEventSource(residue_ ? VisitEvents : nullptr);
}

VariableSnapshot VariableTaker::Take(WindowNumber window, const Events& events,
                                     std::chrono::steady_clock::time_point deadline, bool lines_wanted) {
  VariableSnapshot now;
  if (probes_ == 0) return now;
  EventValues values;
  if (residue_) events([&values](std::string_view event) { values.Add(event); });
  const ProbeRequest request = {window, residue_ ? &values : nullptr, deadline, lines_wanted};
  if ((probes_ & kPythonProbe) != 0) {
    Append(python_.Look(request), now);
    SayOnce("variables aren't named", python_.off(), python_said_);
    SayOnce("lines of small objects aren't named", python_.lines_off(), lines_said_);
  }
  if ((probes_ & kNodeProbe) != 0) {
    Append(node_.Look(request), now);
    SayOnce("variables aren't named", node_.off(), node_said_);
  }
  std::sort(now.changed.begin(), now.changed.end(),
            [](const VariableUpdate& a, const VariableUpdate& b) { return a.now.name < b.now.name; });
  return now;
}

void VariableTaker::SayOnce(std::string_view what, std::string_view reason, bool& said) {
  if (reason.empty() || std::exchange(said, true)) return;
  const std::string line = "cleanslate: " + std::string(what) + ": " + std::string(reason) + "\n";
  raw::WriteStderr(line.data(), line.size());
}

}  // namespace cleanslate
