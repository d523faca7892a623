#pragma once

// What the language probes say at a boundary, of whichever runtime this process has. A probe that can't look
// says why, once, on stderr. COLD; one thread at a time.

#include <chrono>
#include <functional>
#include <string_view>

#include "base/options.h"
#include "probe/event_values.h"
#include "probe/node_probe.h"
#include "probe/python/probe.h"
#include "probe/variable.h"

namespace cleanslate {

class VariableTaker {
 public:
  explicit VariableTaker(const Options& options);

  // `event` is called for each event of the window, and not where values aren't to be looked for.
  using EventVisitor = std::function<void(std::string_view)>;
  using Events = std::function<void(const EventVisitor&)>;

  VariableSnapshot Take(WindowNumber window, const Events& events,
                        std::chrono::steady_clock::time_point deadline, bool lines_wanted);
  // At the last Take.
  const LineSnapshot& lines() const { return python_.lines(); }

 private:
  void SayOnce(std::string_view what, std::string_view reason, bool& said);

  std::uint32_t probes_;
  bool residue_;
  bool python_said_ = false;
  bool lines_said_ = false;
  bool node_said_ = false;
  PythonProbe python_;
  NodeProbe node_;
};

}  // namespace cleanslate
