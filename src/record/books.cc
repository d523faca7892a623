#include "record/books.h"

#include "base/raw_io.h"

namespace cleanslate {

SiteShare* ThreadBooks::MapChunk(std::uint32_t index) {
  constexpr std::size_t kBytes = kSitesPerChunk * sizeof(SiteShare);
  // Fresh pages are zero, which is what a SiteShare starts as.
  auto* chunk = static_cast<SiteShare*>(raw::MapPages(kBytes));
  if (chunk == nullptr) return nullptr;
  mapped_bytes_.store(mapped_bytes() + kBytes, std::memory_order_relaxed);
  chunks_[index].store(chunk, std::memory_order_release);
  return chunk;
}

void ThreadBooks::Touch(StackId site, SiteShare& share, WindowNumber now) {
  // What the window two before this one left is counted with the earlier ones from here on.
  const Cohort cohort = CohortOf(now);
  share.Add(Cohort::kEarlier, share.Blocks(cohort), share.Bytes(cohort));
  share.Add(cohort, -share.Blocks(cohort), -share.Bytes(cohort));

  TouchedList& touched = touched_[now & 1];
  std::uint32_t first = 0;
  if (touched.stamp.load(std::memory_order_relaxed) == StampOf(now)) {
    first = touched.first.load(std::memory_order_relaxed);
  }
  share.next[now & 1].store(first, std::memory_order_relaxed);
  share.stamp[now & 1].store(StampOf(now), std::memory_order_relaxed);
  touched.first.store(static_cast<std::uint32_t>(site), std::memory_order_release);
  touched.stamp.store(StampOf(now), std::memory_order_release);
}

}  // namespace cleanslate
