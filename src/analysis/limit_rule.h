#pragma once

// limit-approaching: what grows reaches a limit within 1,000 windows. Looks at the findings of growth, for
// what doesn't grow by any of them reaches nothing: all that draw on one limit are added up.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/draft.h"

namespace cleanslate {

// One cause's share in using up a limit.
struct Draw {
  std::string_view resource;  // "descriptors", "/tmp", "memory", "threads and processes"
  std::string_view unit;
  double per_window = 0;
  std::int64_t limit = 0;
  std::int64_t headroom = 0;
  std::int64_t first_seen = 0;
};

inline constexpr std::int64_t kWindowsUntilWarning = 1000;
inline constexpr std::int64_t kWindowsUntilCritical = 100;

// At most one draft a resource.
Drafts ApproachingLimits(const std::vector<Draw>& draws);

}  // namespace cleanslate
