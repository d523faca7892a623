#include "analysis/limit_rule.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "analysis/message.h"
#include "analysis/rule_names.h"

namespace cleanslate {

Drafts ApproachingLimits(const std::vector<Draw>& draws) {
  struct Total {
    const Draw* largest = nullptr;
    double per_window = 0;
    std::int64_t first_seen = 0;
  };
  std::map<std::string_view, Total> totals;
  for (const Draw& draw : draws) {
    if (draw.limit <= 0 || draw.per_window <= 0) continue;
    Total& total = totals[draw.resource];
    total.per_window += draw.per_window;
    total.first_seen =
        total.largest == nullptr ? draw.first_seen : std::min(total.first_seen, draw.first_seen);
    if (total.largest == nullptr || draw.per_window > total.largest->per_window) total.largest = &draw;
  }
  Drafts drafts;
  for (const auto& [resource, total] : totals) {
    const Draw& draw = *total.largest;
    const double windows = std::ceil(static_cast<double>(draw.headroom) / total.per_window);
    if (windows >= static_cast<double>(kWindowsUntilWarning)) continue;
    const auto left = static_cast<std::int64_t>(windows);
    Draft draft;
    draft.rule = kLimitApproaching;
    draft.severity = left < kWindowsUntilCritical ? Severity::kCritical : Severity::kWarning;
    draft.subject = resource;
    draft.pattern = resource;
    const auto amount = [&draw](std::int64_t value) {
      return draw.unit == "bytes" ? Size(static_cast<double>(value)) : std::to_string(value);
    };
    draft.fact = "at this pace " + std::string(resource) + " will be used up in " +
                 Counted(left, "invocation") + ": " + amount(draw.headroom) + " of " + amount(draw.limit) +
                 " left";
    draft.unit = draw.unit;
    draft.count = 1;
    draft.growth.pattern = Pattern::kGrowing;
    draft.growth.count_per_window = draft.growth.bytes_per_window = total.per_window;
    draft.first_seen = total.first_seen;
    draft.limit = draw.limit;
    draft.headroom = draw.headroom;
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

}  // namespace cleanslate
