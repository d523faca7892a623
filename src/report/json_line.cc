#include "report/json_line.h"

#include <algorithm>

#include "report/line_fitter.h"
#include "report/line_parts.h"
#include "report/report_lists.h"

namespace cleanslate {
namespace {

constexpr std::size_t kNewline = 1;
constexpr std::size_t kSmallestText = 3;  // a request id or a frame: "", or {},

static_assert(kLineFloor - kNewline == kShortestLine);

// Whether it is worth writing the whole to see how long it is: a lower bound, and cheap.
bool MayFit(const Report& report, std::size_t limit) {
  std::size_t least = report.window.request_ids.size() * kSmallestText;
  for (const ListId list : kAllLists) {
    if (list == ListId::kRequestIds) continue;
    const std::size_t size = SizeOf(report, list);
    least += size * kSmallestEntry;
    for (std::size_t i = 0; i < size && least <= limit; ++i) {
      for (const Frame& frame : FramesOf(report, list, i)) {
        least += kSmallestText + frame.function.size() + frame.file.size() + frame.module.size();
      }
    }
  }
  return least <= limit;
}

}  // namespace

std::string ToLine(const Report& report, std::size_t max_line_bytes) noexcept {
  try {
    const std::size_t limit = std::max(max_line_bytes, kLineFloor) - kNewline;
    if (MayFit(report, limit)) {
      std::string line = Assemble(report, FullEnvelope(report), AllLists(report));
      if (line.size() <= limit) return line;
    }
    return FittedLine(report, limit);
  } catch (...) {
    return {};
  }
}

}  // namespace cleanslate
