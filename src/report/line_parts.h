#pragma once

// A line put together from its frame and the entries chosen for it. Internal to this room.

#include <cstddef>
#include <cstdint>
#include <limits>
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
  std::map<std::string, std::int64_t> suppressed;
  std::map<std::string, std::int64_t> known;
};

inline constexpr std::string_view kUnknownFunction = "unknown";

// Of what was set aside, each kind has at most `keys` entries, the largest counts, with at most `key_bytes`
// of JSON as their name; the rest is counted in `left_out`.
inline constexpr std::size_t kMostSetAside = 16;
Envelope FullEnvelope(const Report& report, std::size_t keys = kMostSetAside,
                      std::size_t key_bytes = std::numeric_limits<std::size_t>::max());

// At most `most` bytes of JSON between the quotes: the middle goes, and an ellipsis takes its place.
std::string Shortened(std::string_view text, std::size_t most);

std::string Assemble(const Report& report, const Envelope& envelope, Lists lists);

}  // namespace cleanslate
