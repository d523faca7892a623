#include "analysis/site_rules.h"

#include <algorithm>
#include <string>

namespace cleanslate {

SiteRules::SiteRules(std::string_view growth, std::string_view retained, std::string_view noun,
                     std::size_t max_origins, std::size_t max_levels)
    : growth_(growth), retained_(retained), noun_(noun), max_levels_(max_levels), history_(max_origins) {}

void SiteRules::Follow(WindowNumber window, const std::vector<HeapSite>& sites,
                       const std::vector<HeapSite>& survivors) {
  const bool cold_start = window <= 1;
  for (const HeapSite& site : sites) {
    const Amount live = {site.live_blocks, site.live_bytes};
    if (Series* const series = history_.Find(site.stack); series != nullptr) {
      series->Observe(window, live);
    } else if (const auto level = levels_.find(site.stack); level != levels_.end()) {
      if (cold_start || site.survived_blocks == 0) level->second = live;  // else it is followed from now on
    } else if (cold_start && levels_.size() < max_levels_) {
      levels_.emplace(site.stack, live);
    }
  }
  if (cold_start) return;
  // Newcomers only now, when what is followed already has told whether it rose and deserves its place;
  // largest first, so that these have one when there isn't one for all.
  for (const HeapSite& site : survivors) {
    if (history_.Find(site.stack) != nullptr) continue;
    const Amount live = {site.live_blocks, site.live_bytes};
    Amount before = {live.count - site.survived_blocks, live.bytes - site.survived_bytes};
    const auto level = levels_.find(site.stack);
    if (level != levels_.end()) {
      // What is alive and older than the window was there before it, whatever was noted.
      before.count = std::max(before.count, level->second.count);
      before.bytes = std::max(before.bytes, level->second.bytes);
    }
    if (live.count <= before.count &&
        live.bytes <= before.bytes) {  // renewed: there is nothing to follow yet
      if (level != levels_.end()) level->second = live;
      continue;
    }
    if (level != levels_.end()) levels_.erase(level);
    if (Series* const series = history_.Begin(site.stack, window - 1, before); series != nullptr)
      series->Observe(window, live);
  }
}

void SiteRules::Observe(WindowNumber window, const std::vector<HeapSite>& sites,
                        const std::vector<HeapSite>& survivors, Drafts& drafts) {
  Follow(window, sites, survivors);
  if (window == 0) return;
  for (const HeapSite& site : survivors) {
    Draft draft;
    draft.stack = site.stack;
    draft.noun = noun_;
    draft.first_seen = window;
    if (window > 1) {
      Series* const series = history_.Find(site.stack);
      if (series != nullptr) {
        draft.growth = series->Judge();
        draft.first_seen = series->first_rise();
      }
      if (series == nullptr || !series->rose()) draft.growth.pattern = Pattern::kReplaced;
    }
    if (draft.growth.pattern == Pattern::kGrowing) {
      draft.rule = growth_;
      draft.severity = Severity::kWarning;
      draft.count = site.live_blocks;
      draft.bytes = site.live_bytes;
    } else if (!retained_.empty()) {
      draft.rule = retained_;
      draft.count = site.survived_blocks;
      draft.bytes = site.survived_bytes;
    } else {
      continue;
    }
    drafts.push_back(std::move(draft));
  }
}

std::vector<RestlessSite> SiteRules::Restless(WindowNumber window) {
  std::vector<RestlessSite> restless;
  history_.ForEach([&](StackId stack, const Series& series) {
    if (series.last_rise() + RestlessSite::kWindows <= window || series.fell()) return;
    if (series.last_rise() == window && series.Judge().pattern == Pattern::kGrowing) return;
    RestlessSite site;
    site.stack = stack;
    site.live = series.level();
    site.first_seen = series.first_rise();
    for (std::size_t back = 0; back < RestlessSite::kWindows; ++back)
      if (back < window) site.rises[back] = series.RiseIn(window - static_cast<WindowNumber>(back));
    restless.push_back(site);
  });
  return restless;
}

}  // namespace cleanslate
