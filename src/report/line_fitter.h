#pragma once

// Chooses what goes into a line that can't hold the whole report. Internal to this room; the order of
// importance is told in json_line.h.

#include <cstddef>
#include <string>

#include "report/report.h"

namespace cleanslate {

// At most `limit` bytes, which is at least kShortestLine.
inline constexpr std::size_t kShortestLine = 511;
std::string FittedLine(const Report& report, std::size_t limit);

}  // namespace cleanslate
