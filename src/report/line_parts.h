#pragma once

// A line put together from its frame and the entries chosen for it. Internal to this room.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "report/report.h"
#include "report/report_lists.h"

namespace cleanslate {

enum class LineShape : std::uint8_t {
  kFull,
  kLean,  // without runtime, function, live and cost
  kBare,  // the numbers at the top, and who speaks: no metric directive, no survivors
};

// Everything of a line but its lists.
struct Envelope {
  LineShape shape = LineShape::kFull;
  std::string message;
  std::string function_name;  // the metrics' dimension: empty only in a bare line
  std::string environment;
  std::string reason;
  std::map<std::string, std::int64_t> left_out;
};

inline constexpr std::string_view kUnknownFunction = "unknown";

Envelope FullEnvelope(const Report& report);

std::string Assemble(const Report& report, const Envelope& envelope, Lists lists);

}  // namespace cleanslate
