#pragma once

// The books: how many blocks and bytes that came through one site (one call stack) are alive, and how many of
// them were born in the current window. Kept per thread, so that no two threads write one word; a block freed
// by another thread makes that thread's share negative, and the sum over all threads is exact.
//
// One thread writes a ThreadBooks; any thread may read it through relaxed atomics. At a boundary the window
// number is advanced first and the closed window is read afterwards: its counters stay untouched until the
// window after next.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "record/cohort.h"
#include "record/stack_id.h"

namespace cleanslate {

// One thread's share of one site: a cache line. Counts by the cohort of the blocks; those of a window come
// after the next one to the earlier ones.
struct alignas(64) SiteShare {
  static constexpr int kCohorts = 3;

  std::atomic<std::int64_t> blocks[kCohorts] = {};
  std::atomic<std::int64_t> bytes[kCohorts] = {};
  // By the window's parity:
  std::atomic<std::uint32_t> stamp[2] = {};  // StampOf the window whose cohort is counted
  std::atomic<std::uint32_t> next[2] = {};   // the site touched before this one in it; 0 ends the list

  // A plain add: there is one writer.
  void Add(Cohort cohort, std::int64_t more_blocks, std::int64_t more_bytes) {
    const auto at = static_cast<std::size_t>(cohort);
    blocks[at].store(blocks[at].load(std::memory_order_relaxed) + more_blocks, std::memory_order_relaxed);
    bytes[at].store(bytes[at].load(std::memory_order_relaxed) + more_bytes, std::memory_order_relaxed);
  }
  std::int64_t Blocks(Cohort cohort) const {
    return blocks[static_cast<std::size_t>(cohort)].load(std::memory_order_relaxed);
  }
  std::int64_t Bytes(Cohort cohort) const {
    return bytes[static_cast<std::size_t>(cohort)].load(std::memory_order_relaxed);
  }
  bool IsOf(WindowNumber window) const {
    return stamp[window & 1].load(std::memory_order_relaxed) == StampOf(window);
  }

  // Of every window.
  std::int64_t live_blocks() const {
    return Blocks(Cohort::kEarlier) + Blocks(Cohort::kOddWindow) + Blocks(Cohort::kEvenWindow);
  }
  std::int64_t live_bytes() const {
    return Bytes(Cohort::kEarlier) + Bytes(Cohort::kOddWindow) + Bytes(Cohort::kEvenWindow);
  }
};
static_assert(sizeof(SiteShare) == 64);

class ThreadBooks {
 public:
  static constexpr std::uint32_t kSitesPerChunk = 256;
  static constexpr std::uint32_t kMaxChunks = 8192;
  static constexpr std::uint32_t kMaxSites = kSitesPerChunk * kMaxChunks;

  // A block of `bytes` and `cohort` was born (`sign` +1) or freed (-1) at `site` in the window `now`. False
  // when no memory could be had: nothing is counted.
  bool Enter(StackId site, Cohort cohort, WindowNumber now, std::size_t bytes, int sign) {
    SiteShare* share = Share(site);
    if (share == nullptr) return false;
    if (!share->IsOf(now)) Touch(site, *share, now);
    share->Add(cohort == CohortOf(now) ? cohort : Cohort::kEarlier, sign,
               sign * static_cast<std::int64_t>(bytes));
    return true;
  }

  // The quick way of Enter: the share of a site that was touched in this window before, or nullptr.
  SiteShare* Touched(StackId site, WindowNumber now) {
    const auto index = static_cast<std::uint32_t>(site);
    SiteShare* chunk = chunks_[index / kSitesPerChunk].load(std::memory_order_relaxed);
    if (chunk == nullptr) return nullptr;
    SiteShare* share = &chunk[index % kSitesPerChunk];
    return share->IsOf(now) ? share : nullptr;
  }

  // The first site touched in `window`, or 0; the others follow through SiteShare::next. Any thread.
  std::uint32_t FirstTouched(WindowNumber window) const {
    const TouchedList& touched = touched_[window & 1];
    if (touched.stamp.load(std::memory_order_acquire) != StampOf(window)) return 0;
    return touched.first.load(std::memory_order_acquire);
  }

  // Null where this thread has no share in the site. Any thread.
  const SiteShare* Find(std::uint32_t site) const {
    const SiteShare* chunk = chunks_[site / kSitesPerChunk].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : &chunk[site % kSitesPerChunk];
  }

  // Bytes mapped for the shares. Any thread.
  std::size_t mapped_bytes() const { return mapped_bytes_.load(std::memory_order_relaxed); }

 private:
  struct TouchedList {
    std::atomic<std::uint32_t> stamp = 0;
    std::atomic<std::uint32_t> first = 0;
  };

  SiteShare* Share(StackId site) {
    const auto index = static_cast<std::uint32_t>(site);
    SiteShare* chunk = chunks_[index / kSitesPerChunk].load(std::memory_order_relaxed);
    if (chunk == nullptr) [[unlikely]]
      chunk = MapChunk(index / kSitesPerChunk);
    return chunk == nullptr ? nullptr : &chunk[index % kSitesPerChunk];
  }

  SiteShare* MapChunk(std::uint32_t index);
  // The first time in this window that the site is met.
  void Touch(StackId site, SiteShare& share, WindowNumber now);

  TouchedList touched_[2];
  std::atomic<std::size_t> mapped_bytes_ = 0;
  std::atomic<SiteShare*> chunks_[kMaxChunks] = {};
};

}  // namespace cleanslate
