#include "analysis/line_rules.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "analysis/message.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

std::int64_t Sum(const std::vector<std::int64_t>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::int64_t{0});
}

Growth GrowthOf(const LineSurvivors& line) {
  const auto [least, most] =
      std::minmax_element(line.blocks_per_window.begin(), line.blocks_per_window.end());
  Growth growth;
  growth.pattern = Pattern::kGrowing;
  growth.run = growth.over = growth.events = growth.rises =
      static_cast<std::int64_t>(line.blocks_per_window.size());
  growth.least = *least;
  growth.most = *most;
  const auto windows = static_cast<double>(growth.over);
  growth.count_per_window = static_cast<double>(Sum(line.blocks_per_window)) / windows;
  growth.bytes_per_window = static_cast<double>(Sum(line.bytes_per_window)) / windows;
  return growth;
}

// "small Python objects born at app.py:12 stay, 3 (240 bytes) more"
std::string FactOf(const LineSurvivors& line, const Growth& growth) {
  std::string fact = "small Python objects born at " + line.file + ":" + std::to_string(line.line) +
                     " stay, " + std::to_string(growth.least);
  if (growth.most != growth.least) fact += " to " + std::to_string(growth.most);
  return fact + " (" + (growth.most != growth.least ? "about " : "") + Size(growth.bytes_per_window) +
         ") more";
}

Draft DraftOf(const LineSurvivors& line, WindowNumber since) {
  Draft draft;
  draft.rule = kHeapGrowth;
  draft.severity = line.own ? Severity::kWarning : Severity::kInfo;
  draft.file = line.file;
  draft.line = line.line;
  draft.subject = line.function.empty() ? line.file : line.function;
  draft.pattern = line.file + " " + line.function;
  draft.noun = "block";
  draft.growth = GrowthOf(line);
  draft.fact = FactOf(line, draft.growth);
  draft.count = Sum(line.blocks_per_window);
  draft.bytes = Sum(line.bytes_per_window);
  draft.first_seen = since;
  return draft;
}

}  // namespace

void LineRules::Observe(WindowNumber window, const LineSnapshot& now, bool variables_grew, Drafts& drafts) {
  wants_ = false;
  if (variables_grew) variables_grew_at_ = window;
  disturbed_ = watching_ || now.watching;
  if (now.small_blocks < 0) return;
  if (!blocks_) {
    blocks_.emplace(window, Amount{now.small_blocks, 0});
    return;
  }
  blocks_->Observe(window, {now.small_blocks, 0});
  if (now.looked) Tell(window, now, drafts);
  if (watching_ && !now.watching) {
    next_ = window + pause_;
    pause_ = std::min<WindowNumber>(2 * pause_, WindowNumber{1} << 20);
  }
  if (!watching_ && now.watching) {
    level_at_begin_ = now.small_blocks;
    began_ = window;
  }
  watching_ = now.watching;
  // A look may see only some of the variables.
  const bool may_be_a_variable = variables_grew_at_ && window < *variables_grew_at_ + kQuiet;
  if (watching_ || may_be_a_variable || window < next_) return;
  wants_ = blocks_->Judge().pattern == Pattern::kGrowing;
}

void LineRules::Tell(WindowNumber window, const LineSnapshot& now, Drafts& drafts) const {
  constexpr std::int64_t kMostOfGrowth = 2;
  if (variables_grew_at_ && *variables_grew_at_ >= now.since) return;
  const std::int64_t grown = now.small_blocks - level_at_begin_;
  const std::int64_t windows = static_cast<std::int64_t>(window) - now.since + 1;
  for (const LineSurvivors& line : now.lines) {
    if (line.blocks_per_window.empty()) continue;
    const auto watched = static_cast<std::int64_t>(line.blocks_per_window.size());
    if (Sum(line.blocks_per_window) * windows > kMostOfGrowth * grown * watched) continue;
    drafts.push_back(DraftOf(line, now.since));
  }
}

}  // namespace cleanslate
