#pragma once

// Assembles the report of one boundary out of the values of the other rooms.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/data_name.h"
#include "analysis/finding.h"
#include "analysis/frame.h"
#include "analysis/survivors.h"
#include "report/report.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

// What the conductor knows of a boundary beside the snapshot.
struct WindowFacts {
  ReportType type = ReportType::kWindow;
  std::int64_t timestamp_ms = 0;  // since the epoch, UTC, when the window ended
  std::string environment;
  std::int64_t pid = 0;
  std::string runtime;
  FunctionFacts function;
  WindowSpan window;
  std::string reason;  // kQuiet only
};

// Naming a stack is the dear part, so at most `max_entries` of each kind are named and listed, heap sites and
// mappings largest first; the rest is counted in `left_out`. Frames with a line lose build id and offset,
// which only serve to find the line. `namer` may be empty: then nothing has a `where`; without `data` no
// static variable is listed.
Report MakeReport(const WindowFacts& facts, const Survivors& survivors, const Snapshot& now,
                  std::vector<Finding> findings, const StackNamer& namer, const Cost& cost,
                  const DataNamer& data = {}, std::size_t max_entries = 128);

}  // namespace cleanslate
