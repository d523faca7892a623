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

#include "record/stack_id.h"

namespace cleanslate {

// One thread's share of one site: a cache line.
struct SiteShare {
  struct Born {
    std::atomic<WindowNumber> window = 0;
    std::atomic<std::uint32_t> next = 0;  // the site touched before this one in this window; 0 ends the list
    std::atomic<std::int64_t> blocks = 0;
    std::atomic<std::int64_t> bytes = 0;
  };
  std::atomic<std::int64_t> live_blocks = 0;
  std::atomic<std::int64_t> live_bytes = 0;
  Born born[2];  // by the window's parity
};

class ThreadBooks {
 public:
  static constexpr std::uint32_t kSitesPerChunk = 256;
  static constexpr std::uint32_t kMaxChunks = 8192;
  static constexpr std::uint32_t kMaxSites = kSitesPerChunk * kMaxChunks;

  // A block of `bytes` was born (`sign` +1) or freed (-1) at `site`; `born` is its window and `now` the
  // current one. False when no memory could be had: nothing is counted.
  bool Enter(StackId site, WindowNumber born, WindowNumber now, std::int64_t bytes, int sign) {
    SiteShare* share = Share(site);
    if (share == nullptr) [[unlikely]]
      return false;
    Add(share->live_blocks, sign);
    Add(share->live_bytes, sign * bytes);
    SiteShare::Born& current = share->born[now & 1];
    if (current.window.load(std::memory_order_relaxed) != now) Touch(site, current, now);
    if (born == now) {
      Add(current.blocks, sign);
      Add(current.bytes, sign * bytes);
    }
    return true;
  }

  // The first site touched in `window`, or 0; the others follow through SiteShare::Born::next. Any thread.
  std::uint32_t FirstTouched(WindowNumber window) const {
    const Touched& touched = touched_[window & 1];
    if (touched.window.load(std::memory_order_acquire) != window) return 0;
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
  struct Touched {
    std::atomic<WindowNumber> window = 0;
    std::atomic<std::uint32_t> first = 0;
  };

  // A plain add: there is one writer.
  static void Add(std::atomic<std::int64_t>& counter, std::int64_t amount) {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  SiteShare* Share(StackId site) {
    const auto index = static_cast<std::uint32_t>(site);
    SiteShare* chunk = chunks_[index / kSitesPerChunk].load(std::memory_order_relaxed);
    if (chunk == nullptr) [[unlikely]]
      chunk = MapChunk(index / kSitesPerChunk);
    return chunk == nullptr ? nullptr : &chunk[index % kSitesPerChunk];
  }

  SiteShare* MapChunk(std::uint32_t index);
  void Touch(StackId site, SiteShare::Born& born, WindowNumber now);

  Touched touched_[2];
  std::atomic<std::size_t> mapped_bytes_ = 0;
  std::atomic<SiteShare*> chunks_[kMaxChunks] = {};
};

}  // namespace cleanslate
