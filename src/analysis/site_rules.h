#pragma once

// heap-growth, heap-retained and mapping-growth: what is born at one call stack and stays.
//
// Growth is judged at each stack alone, by the net amount that is alive: what is freed and allocated anew in
// every window stays level. A stack is followed from the first window after the cold start in which it leaves
// something; what the cold start itself left counts as its level before.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analysis/draft.h"
#include "analysis/history.h"
#include "analysis/shared_cause.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class SiteRules {
 public:
  // `retained` may be empty: what survives without growth is then not told of.
  SiteRules(std::string_view growth, std::string_view retained, std::string_view noun,
            std::size_t max_origins, std::size_t max_levels);

  // `survivors` are those of `sites` with survivors, largest first.
  void Observe(WindowNumber window, const std::vector<HeapSite>& sites,
               const std::vector<HeapSite>& survivors, Drafts& drafts);

  // Those that rose in some of the last windows, but don't grow by themselves.
  std::vector<RestlessSite> Restless(WindowNumber window);

  std::string_view growth() const { return growth_; }
  std::string_view noun() const { return noun_; }
  std::int64_t forgotten() const { return history_.forgotten(); }

 private:
  void Follow(WindowNumber window, const std::vector<HeapSite>& sites,
              const std::vector<HeapSite>& survivors);

  std::string_view growth_;
  std::string_view retained_;
  std::string_view noun_;
  std::size_t max_levels_;
  std::unordered_map<StackId, Amount> levels_;  // at stacks of the cold start that are not followed
  History<StackId> history_;
};

}  // namespace cleanslate
