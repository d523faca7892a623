#include "snapshot/heap_taker.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace cleanslate {

HeapSite HeapTaker::Sum(StackId site, WindowNumber window) const {
  HeapSite sum;
  sum.stack = site;
  ThreadStates& threads = recorder_.threads();
  for (int i = 0; i < threads.count(); ++i) {
    const SiteShare* share = threads.at(i)->books.Find(static_cast<std::uint32_t>(site));
    if (share == nullptr) continue;
    sum.live_blocks += share->live_blocks.load(std::memory_order_relaxed);
    sum.live_bytes += share->live_bytes.load(std::memory_order_relaxed);
    const SiteShare::Born& born = share->born[window & 1];
    if (born.window.load(std::memory_order_relaxed) != window) continue;
    sum.survived_blocks += born.blocks.load(std::memory_order_relaxed);
    sum.survived_bytes += born.bytes.load(std::memory_order_relaxed);
  }
  return sum;
}

HeapSnapshot HeapTaker::Take(WindowNumber window) {
  std::unordered_set<std::uint32_t> touched;
  ThreadStates& threads = recorder_.threads();
  for (int i = 0; i < threads.count(); ++i) {
    const ThreadBooks& books = threads.at(i)->books;
    for (std::uint32_t site = books.FirstTouched(window); site != 0;
         site = books.Find(site)->born[window & 1].next.load(std::memory_order_relaxed)) {
      touched.insert(site);
    }
  }

  HeapSnapshot heap;
  heap.sites.reserve(touched.size());
  for (const std::uint32_t site : touched) {
    const HeapSite sum = Sum(StackId{site}, window);
    if (site >= levels_.size()) levels_.resize(site + site / 2 + 1);
    total_.blocks += sum.live_blocks - levels_[site].blocks;
    total_.bytes += sum.live_bytes - levels_[site].bytes;
    levels_[site] = {sum.live_blocks, sum.live_bytes};
    heap.survived_blocks += sum.survived_blocks;
    heap.survived_bytes += sum.survived_bytes;
    heap.sites.push_back(sum);
  }
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
