#pragma once

// The other direction of ToLine: a line of JSON to a report.

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "report/report.h"

namespace cleanslate {

inline constexpr std::size_t kLongestReport = 4 << 20;  // bytes
inline constexpr int kDeepestReport = 32;               // nested objects and arrays

// Strict about JSON (one object, nothing around it but blanks), tolerant of members it does not know and of
// those that are missing. Errors: NotFound where the text is JSON but no report; InvalidArgument where it is
// not JSON, where a known member is of another type, or where the schema's first number is newer than ours;
// both say which.
absl::StatusOr<Report> ReadLine(std::string_view line);

// The same for an object that is parsed already.
absl::StatusOr<Report> ReadReport(const nlohmann::json& object);

}  // namespace cleanslate
