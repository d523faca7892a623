#include "record/block_shadow.h"

#include "base/raw_io.h"

namespace cleanslate {

namespace {

// A long size is cut into pieces of this many bits, one a slot; the last piece bears no mark.
constexpr int kPieceBits = 29;
constexpr std::uint32_t kPieceMask = (1u << kPieceBits) - 1;
constexpr std::uint32_t kMorePieces = 1u << kPieceBits;

}  // namespace

bool BlockShadow::Open(int unit_shift) {
  unit_shift_ = unit_shift;
  if (directory_ == nullptr) {
    directory_ = static_cast<std::atomic<Leaf*>*>(raw::MapPages(kDirectoryBytes));
  }
  return directory_ != nullptr;
}

BlockShadow::Slot* BlockShadow::Map(const void* address) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  if (number >> kAddressBits != 0) return nullptr;
  auto* fresh = static_cast<Leaf*>(raw::MapPages(LeafBytes()));
  if (fresh == nullptr) return nullptr;
  Leaf* expected = nullptr;
  if (directory_[number >> kLeafBits].compare_exchange_strong(expected, fresh, std::memory_order_acq_rel)) {
    Leaf* first = leaves_.load(std::memory_order_relaxed);
    do {
      fresh->next.store(first, std::memory_order_relaxed);
    } while (!leaves_.compare_exchange_weak(first, fresh, std::memory_order_release));
  } else {
    raw::UnmapPages(fresh, LeafBytes());
  }
  return Find(address);
}

bool BlockShadow::PutLongSize(const void* block, std::size_t bytes) {
  const char* unit = static_cast<const char*>(block);
  do {
    unit += std::size_t{1} << unit_shift_;
    Slot* slot = FindOrMap(unit);
    if (slot == nullptr) return false;
    const auto piece = static_cast<std::uint32_t>(bytes & kPieceMask);
    bytes >>= kPieceBits;
    slot->store(kContinuationMark | piece | (bytes != 0 ? kMorePieces : 0), std::memory_order_relaxed);
  } while (bytes != 0);
  return true;
}

std::size_t BlockShadow::TakeLongSize(const void* block) {
  const char* unit = static_cast<const char*>(block);
  std::size_t bytes = 0;
  std::uint32_t packed = 0;
  int shift = 0;
  do {
    unit += std::size_t{1} << unit_shift_;
    Slot* slot = Find(unit);
    packed = slot->load(std::memory_order_relaxed);
    // Another block was born there, so that this one was freed where we couldn't see it.
    if (packed < kContinuationMark) return bytes;
    slot->store(0, std::memory_order_relaxed);
    bytes |= std::size_t{packed & kPieceMask} << shift;
    shift += kPieceBits;
  } while ((packed & kMorePieces) != 0 && shift < 64);
  return bytes;
}

std::int64_t BlockShadow::MakeEarlier(Cohort cohort) {
  const std::uint32_t wanted = static_cast<std::uint32_t>(cohort);
  const std::size_t slots_a_card = std::size_t{1} << (kCardBits - unit_shift_);
  std::int64_t count = 0;
  for (Leaf* leaf = leaves_.load(std::memory_order_acquire); leaf != nullptr;
       leaf = leaf->next.load(std::memory_order_relaxed)) {
    if (!leaf->marked[RowOf(cohort)].exchange(false, std::memory_order_relaxed)) continue;
    for (std::size_t card = 0; card < kCards; ++card) {
      if (!leaf->cards[card][RowOf(cohort)].load(std::memory_order_relaxed)) continue;
      leaf->cards[card][RowOf(cohort)].store(false, std::memory_order_relaxed);
      Slot* const first = leaf->slots() + card * slots_a_card;
      for (Slot* slot = first; slot != first + slots_a_card; ++slot) {
        std::uint32_t packed = slot->load(std::memory_order_relaxed);
        if (packed >> kCohortShift != wanted) continue;
        // The owner may be freeing it right now.
        const std::uint32_t earlier = packed & ((1u << kCohortShift) - 1);
        if (slot->compare_exchange_strong(packed, earlier, std::memory_order_relaxed)) ++count;
      }
    }
  }
  return count;
}

void BlockShadow::Reset() {
  if (directory_ == nullptr) return;
  for (Leaf* leaf = leaves_.load(std::memory_order_relaxed); leaf != nullptr;) {
    Leaf* next = leaf->next.load(std::memory_order_relaxed);
    raw::UnmapPages(leaf, LeafBytes());
    leaf = next;
  }
  leaves_.store(nullptr, std::memory_order_relaxed);
  // Most of the directory was never touched; looking at it would make it resident, so it is mapped anew.
  raw::UnmapPages(directory_, kDirectoryBytes);
  directory_ = nullptr;
}

std::size_t BlockShadow::resident_bytes() const {
  constexpr std::size_t kStretch = 1024;  // pages asked about at once
  std::size_t bytes = 0;
  for (const Leaf* leaf = leaves_.load(std::memory_order_acquire); leaf != nullptr;
       leaf = leaf->next.load(std::memory_order_relaxed)) {
    const auto start = reinterpret_cast<std::uintptr_t>(leaf);
    for (std::size_t at = 0; at < LeafBytes(); at += kStretch * raw::kPageBytes) {
      unsigned char pages[kStretch];  // the lowest bit: resident (mincore(2))
      const std::size_t left = (LeafBytes() - at) / raw::kPageBytes;
      const std::size_t asked = left < kStretch ? left : kStretch;
      if (raw::Call(SYS_mincore, static_cast<long>(start + at), static_cast<long>(asked * raw::kPageBytes),
                    reinterpret_cast<long>(pages)) != 0) {
        continue;
      }
      for (std::size_t page = 0; page < asked; ++page) bytes += (pages[page] & 1) * raw::kPageBytes;
    }
  }
  return bytes;
}

}  // namespace cleanslate
