#include "snapshot/heap_taker.h"

#include <algorithm>
#include <unordered_map>

namespace cleanslate {

HeapSite HeapTaker::Sum(StackId site, WindowNumber window) const {
  HeapSite sum;
  sum.stack = site;
  ThreadStates& threads = recorder_.threads();
  for (int i = 0; i < threads.count(); ++i) {
    const SiteShare* share = threads.at(i)->books.Find(static_cast<std::uint32_t>(site));
    if (share == nullptr) continue;
    sum.live_blocks += share->live_blocks();
    sum.live_bytes += share->live_bytes();
    if (!share->IsOf(window)) continue;
    sum.survived_blocks += share->Blocks(CohortOf(window));
    sum.survived_bytes += share->Bytes(CohortOf(window));
  }
  return sum;
}

HeapSnapshot HeapTaker::Take(WindowNumber window) {
  HeapSnapshot heap;
  ThreadStates& threads = recorder_.threads();
  for (int i = 0; i < threads.count(); ++i) {
    const ThreadBooks& books = threads.at(i)->books;
    for (std::uint32_t site = books.FirstTouched(window); site != 0;
         site = books.Find(site)->next[window & 1].load(std::memory_order_relaxed)) {
      if (site >= levels_.size()) levels_.resize(site + site / 2 + 1);
      Level& level = levels_[site];
      // Another thread may have touched it too.
      if (level.stamp == StampOf(window)) continue;
      const HeapSite sum = Sum(StackId{site}, window);
      total_.blocks += sum.live_blocks - level.blocks;
      total_.bytes += sum.live_bytes - level.bytes;
      level = {sum.live_blocks, sum.live_bytes, StampOf(window)};
      heap.survived_blocks += sum.survived_blocks;
      heap.survived_bytes += sum.survived_bytes;
      heap.sites.push_back(sum);
    }
  }
  if (heap.survived_blocks != 0) recorder_.MakeEarlier(window);
  std::sort(heap.sites.begin(), heap.sites.end(), [](const HeapSite& a, const HeapSite& b) {
    return a.survived_bytes != b.survived_bytes ? a.survived_bytes > b.survived_bytes : a.stack < b.stack;
  });
  heap.live_blocks = total_.blocks;
  heap.live_bytes = total_.bytes;
  return heap;
}

MappingSnapshot TakeMappings(Recorder& recorder, WindowNumber window) {
  // Copied first: while the table is locked nothing may be called, an allocator least of all.
  std::vector<Mapping> mappings;
  mappings.reserve(recorder.mappings().count() + 64);
  recorder.mappings().ForEach([&](const Mapping& mapping) {
    if (mappings.size() < mappings.capacity()) mappings.push_back(mapping);
  });

  MappingSnapshot snapshot;
  std::unordered_map<std::uint32_t, MappingSite> sites;
  for (const Mapping& mapping : mappings) {
    const auto bytes = static_cast<std::int64_t>(mapping.bytes());
    MappingSite& site = sites[static_cast<std::uint32_t>(mapping.birth.stack)];
    site.of_files = mapping.of_file && (site.of_files || site.live_blocks == 0);
    site.stack = mapping.birth.stack;
    site.live_blocks += 1;
    site.live_bytes += bytes;
    if (mapping.birth.window == window && window != 0) {
      site.survived_blocks += 1;
      site.survived_bytes += bytes;
    }
    snapshot.live_bytes += bytes;
  }
  for (const auto& [stack, site] : sites) snapshot.sites.push_back(site);
  std::sort(snapshot.sites.begin(), snapshot.sites.end(), [](const MappingSite& a, const MappingSite& b) {
    return a.live_bytes != b.live_bytes ? a.live_bytes > b.live_bytes : a.stack < b.stack;
  });
  return snapshot;
}

}  // namespace cleanslate
