#include "analysis/shared_cause.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace cleanslate {
namespace {

constexpr std::size_t kWindows = RestlessSite::kWindows;
constexpr std::size_t kMostNamed = 64;     // in one window
constexpr std::size_t kMostKnown = 16384;  // remembered

bool Rose(const Amount& amount) {
  return amount.count > 0 || amount.bytes > 0;
}

Amount Sum(const std::vector<const RestlessSite*>& sites, std::size_t back) {
  Amount sum;
  for (const RestlessSite* site : sites) {
    sum.count += site->rises[back].count;
    sum.bytes += site->rises[back].bytes;
  }
  return sum;
}

bool RoseInEach(const std::vector<const RestlessSite*>& sites) {
  for (std::size_t back = 0; back < kWindows; ++back)
    if (!Rose(Sum(sites, back))) return false;
  return true;
}

// As in series.h: a warm-up that runs out.
bool RunsOut(const std::vector<const RestlessSite*>& sites) {
  for (std::size_t back = 0; back + 1 < kWindows; ++back)
    if (Sum(sites, back).count >= Sum(sites, back + 1).count) return false;
  return Sum(sites, 0).count * 2 <= Sum(sites, kWindows - 1).count;
}

Draft DraftOf(std::string_view rule, std::string_view noun, const std::vector<const RestlessSite*>& sites) {
  Draft draft;
  draft.rule = rule;
  draft.severity = Severity::kWarning;
  draft.noun = noun;
  draft.stack = sites.front()->stack;
  draft.first_seen = sites.front()->first_seen;
  for (const RestlessSite* site : sites) {
    draft.count += site->live.count;
    draft.bytes += site->live.bytes;
    draft.first_seen = std::min(draft.first_seen, site->first_seen);
  }
  Growth& growth = draft.growth;
  growth.pattern = Pattern::kGrowing;
  growth.run = growth.over = growth.events = growth.rises = kWindows;
  for (std::size_t back = 0; back < kWindows; ++back) {
    growth.count_per_window += static_cast<double>(Sum(sites, back).count) / kWindows;
    growth.bytes_per_window += static_cast<double>(Sum(sites, back).bytes) / kWindows;
    growth.by_bytes = growth.by_bytes || Sum(sites, back).count <= 0;
  }
  for (std::size_t back = 0; back < kWindows; ++back) {
    const Amount sum = Sum(sites, back);
    const std::int64_t by = growth.by_bytes ? sum.bytes : sum.count;
    growth.least = back == 0 ? by : std::min(growth.least, by);
    growth.most = back == 0 ? by : std::max(growth.most, by);
  }
  return draft;
}

}  // namespace

void SharedCauses::Find(WindowNumber window, std::string_view rule, std::string_view noun,
                        std::vector<RestlessSite> sites, const CauseOf& cause_of, Drafts& drafts) {
  if (window < kColdStart + kWindows) return;
  std::sort(sites.begin(), sites.end(), [](const RestlessSite& a, const RestlessSite& b) {
    return std::tie(b.live.bytes, b.live.count, a.stack) < std::tie(a.live.bytes, a.live.count, b.stack);
  });
  std::vector<const RestlessSite*> all;
  all.reserve(sites.size());
  for (const RestlessSite& site : sites) all.push_back(&site);
  if (all.size() < 2 || !RoseInEach(all)) return;

  if (known_.size() >= kMostKnown) known_.clear();
  std::map<std::string, std::vector<const RestlessSite*>> causes;
  std::size_t named = 0;
  for (const RestlessSite& site : sites) {
    auto known = known_.find(site.stack);
    if (known == known_.end()) {
      if (++named > kMostNamed) continue;
      known = known_.emplace(site.stack, cause_of(site.stack)).first;
    }
    if (!known->second.empty()) causes[known->second].push_back(&site);
  }
  for (const auto& [cause, members] : causes)
    if (members.size() >= 2 && RoseInEach(members) && !RunsOut(members))
      drafts.push_back(DraftOf(rule, noun, members));
}

}  // namespace cleanslate
