#pragma once

// A report as its line of JSON: the contract's members in the contract's order, CloudWatch's embedded metric
// format included. Invalid UTF-8 becomes U+FFFD, control characters are escaped, so the line holds no
// newline.

#include <cstddef>
#include <limits>
#include <string>

#include "report/report.h"

namespace cleanslate {

// A shorter limit counts as this one: the shortest line fits it whatever the report holds.
inline constexpr std::size_t kLineFloor = 512;
inline constexpr std::size_t kNoLineLimit = std::numeric_limits<std::size_t>::max();

// At most `max_line_bytes`, counting the newline that the sink adds and that is not part of the result.
// Where the whole does not fit, the least important is left out and counted in `leftOut`, in this order: the
// survivors' outer frames, survivors (each kind keeps its first three longest), the findings' outer frames,
// findings (the least severe first); then function, live and cost numbers, then the metric directive; long
// strings lose their middle. The top-level numbers always stay. Deterministic. Work is linear in the length
// of the lists. Never throws: empty when memory has run out.
std::string ToLine(const Report& report, std::size_t max_line_bytes = kNoLineLimit) noexcept;

}  // namespace cleanslate
