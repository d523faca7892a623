#pragma once

// What is known of every live block, found by its address: 4 bytes of shadow for every unit of address space,
// as a sanitizer keeps it. A unit is the smallest distance of two blocks: 32 bytes over glibc (its smallest
// chunk), 8 over an allocator that we don't know. Mapped in leaves as addresses come up, two levels, so that
// no huge reservation is needed.
//
// A slot has no room for a window's number; it knows whether its block was born in an odd window, an even
// one, or earlier. That is enough as long as the survivors of a window are made earlier ones (MakeEarlier)
// before the next window of the same parity begins. To find them again, the cards (16 KiB of addresses) that
// a window bore blocks in are marked.
//
// One writer a slot: whoever owns the block. No lock. An address that was never stored reads empty, so that
// blocks from before our time, and pointers that are nobody's, pass through.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "record/cohort.h"
#include "record/stack_id.h"

namespace cleanslate {

struct BlockRecord {
  StackId site = StackId::kNone;  // kNone: nothing is known of the block
  Cohort cohort = Cohort::kEarlier;
  std::size_t bytes = 0;  // as the caller asked for
};

class BlockShadow {
 public:
  static constexpr int kSiteBits = 22;

  using Slot = std::atomic<std::uint32_t>;  // 0: empty

  constexpr BlockShadow() = default;

  // Before the first Store. `unit_shift`: log2 of the unit. False when the kernel refuses the directory.
  bool Open(int unit_shift);

  // The slot of an address; nullptr where nothing near it was ever stored.
  Slot* Find(const void* address) const {
    Leaf* leaf = LeafOf(address);
    return leaf == nullptr ? nullptr : &leaf->slots()[IndexOf(address)];
  }
  // The same, with the memory for it; nullptr when none could be had, or the address is beyond user space as
  // we know it.
  Slot* FindOrMap(const void* address) {
    Slot* slot = Find(address);
    return slot != nullptr ? slot : Map(address);
  }

  // The quick ways, for nearly all blocks: they do all of it, or nothing and say so. Put and Take know the
  // others.
  //
  // The word that a slot will hold; 0 for a block that is too large for one.
  static std::uint32_t PlainWord(const BlockRecord& record) {
    return record.bytes < kLongSize ? Pack(record, static_cast<std::uint32_t>(record.bytes)) : 0;
  }
  // Of a block that has just been born, into an empty slot.
  bool PutPlain(const void* block, std::uint32_t word, Cohort cohort) {
    Leaf* leaf = LeafOf(block);
    if (leaf == nullptr) return false;
    Slot& slot = leaf->slots()[IndexOf(block)];
    if (slot.load(std::memory_order_relaxed) != 0 ||
        !leaf->MarkOf(block, cohort).load(std::memory_order_relaxed)) {
      return false;
    }
    slot.store(word, std::memory_order_relaxed);
    return true;
  }
  // Whether a block begins there; otherwise nothing does, or the slot holds a part of a long size.
  static bool IsRecord(std::uint32_t word) { return word - 1 < kContinuationMark - 1; }
  static bool IsPlain(const BlockRecord& record) { return record.bytes < kLongSize; }
  // What stands in the slot, but for a long size.
  static BlockRecord Read(std::uint32_t packed) {
    return {static_cast<StackId>(packed & ((1u << kSiteBits) - 1)),
            static_cast<Cohort>(packed >> kCohortShift), packed >> kSiteBits & kLongSize};
  }

  // `slot` is that of `block`. False when no memory could be had for the size; the slot is as it was.
  bool Put(Slot* slot, const void* block, const BlockRecord& record) {
    std::uint32_t size = static_cast<std::uint32_t>(record.bytes);
    if (record.bytes >= kLongSize) [[unlikely]] {
      if (!PutLongSize(block, record.bytes)) return false;
      size = kLongSize;
    }
    slot->store(Pack(record, size), std::memory_order_relaxed);
    if (record.cohort != Cohort::kEarlier) MarkCard(block, record.cohort);
    return true;
  }
  // Reads the record and empties the slot.
  BlockRecord Take(Slot* slot, const void* block) {
    const std::uint32_t word = slot->load(std::memory_order_relaxed);
    if (!IsRecord(word)) return {};
    BlockRecord record = Read(word);
    slot->store(0, std::memory_order_relaxed);
    if (!IsPlain(record)) record.bytes = TakeLongSize(block);
    return record;
  }

  bool Store(const void* block, const BlockRecord& record) {
    Slot* slot = FindOrMap(block);
    return slot != nullptr && Put(slot, block, record);
  }
  BlockRecord Take(const void* block) {
    Slot* slot = Find(block);
    return slot == nullptr ? BlockRecord{} : Take(slot, block);
  }

  // All blocks of `cohort` become earlier ones, and its cards unmarked. To be called after the cohort's
  // window has ended, before its parity comes up again; one thread at a time, while others go on with the
  // blocks of the window after. Returns how many there were. Costs a look at the slots of the cards that were
  // marked.
  std::int64_t MakeEarlier(Cohort cohort);

  // Bytes of shadow that are in memory: of the leaves only pages that were touched are. Makes a system call
  // or two a leaf.
  std::size_t resident_bytes() const;

  // In a child of fork, single-threaded: everything is forgotten, the pages are given back.
  void Reset();

 private:
  static constexpr int kAddressBits = 48;
  static constexpr int kLeafBits = 26;  // 64 MiB of address space a leaf
  static constexpr int kCardBits = 14;
  static constexpr std::size_t kCards = std::size_t{1} << (kLeafBits - kCardBits);
  static constexpr std::size_t kDirectoryEntries = std::size_t{1} << (kAddressBits - kLeafBits);
  static constexpr std::size_t kDirectoryBytes = (kDirectoryEntries + 1) * sizeof(void*);

  // site, size, cohort, from the lowest bit. A size that doesn't fit stands in the slots of the block's next
  // units, which are marked as such: a block that is too large for its slot is larger than four units.
  static constexpr int kSizeBits = 8;
  static constexpr int kCohortShift = kSiteBits + kSizeBits;
  static constexpr std::uint32_t kLongSize = (1u << kSizeBits) - 1;
  static constexpr std::uint32_t kContinuationMark = 3u << kCohortShift;
  static constexpr std::size_t kLargestUnit = 32;
  static_assert(kCohortShift == 30 && kLongSize > 4 * kLargestUnit);

  static std::size_t RowOf(Cohort cohort) { return static_cast<std::size_t>(cohort) - 1; }
  static std::size_t OffsetInLeaf(const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) & ((std::uintptr_t{1} << kLeafBits) - 1);
  }
  static std::size_t CardOf(const void* block) { return OffsetInLeaf(block) >> kCardBits; }

  struct Leaf {
    std::atomic<Leaf*> next;  // of all leaves, in no order
    std::atomic<bool> marked[2];
    std::atomic<bool> cards[kCards][2];

    std::atomic<bool>& MarkOf(const void* block, Cohort cohort) {
      return cards[CardOf(block)][RowOf(cohort)];
    }
    Slot* slots() { return reinterpret_cast<Slot*>(reinterpret_cast<char*>(this) + kSlotsOffset); }
  };
  static constexpr std::size_t kSlotsOffset = 3 * 4096;

  static std::uint32_t Pack(const BlockRecord& record, std::uint32_t size) {
    return static_cast<std::uint32_t>(record.site) | size << kSiteBits |
           static_cast<std::uint32_t>(record.cohort) << kCohortShift;
  }
  std::size_t SlotCount() const { return std::size_t{1} << (kLeafBits - unit_shift_); }
  std::size_t LeafBytes() const { return kSlotsOffset + SlotCount() * sizeof(Slot); }

  Leaf* LeafOf(const void* address) const {
    // What no user space reaches has a leaf that is never mapped.
    const std::uintptr_t number = reinterpret_cast<std::uintptr_t>(address) >> kLeafBits;
    return directory_[number < kDirectoryEntries ? number : kDirectoryEntries].load(
        std::memory_order_acquire);
  }
  std::size_t IndexOf(const void* address) const { return OffsetInLeaf(address) >> unit_shift_; }

  // Of a block that has a slot.
  void MarkCard(const void* block, Cohort cohort) {
    Leaf& leaf = *LeafOf(block);
    leaf.MarkOf(block, cohort).store(true, std::memory_order_relaxed);
    leaf.marked[RowOf(cohort)].store(true, std::memory_order_relaxed);
  }

  Slot* Map(const void* address);
  bool PutLongSize(const void* block, std::size_t bytes);
  std::size_t TakeLongSize(const void* block);

  std::atomic<Leaf*>* directory_ = nullptr;
  int unit_shift_ = 0;
  std::atomic<Leaf*> leaves_ = nullptr;
};

}  // namespace cleanslate
