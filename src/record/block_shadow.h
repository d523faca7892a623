#pragma once

// What is known of every live block, found by its address: 8 bytes of shadow for every unit of address space,
// as a sanitizer keeps it. A unit is the smallest distance of two blocks: 32 bytes over glibc (its smallest
// chunk), 8 over an allocator that we don't know. Mapped in leaves as addresses come up, two levels, so that
// no huge reservation is needed.
//
// One writer a slot: whoever owns the block. No lock. An address that was never stored reads empty, so that
// blocks from before our time, and pointers that are nobody's, pass through.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "record/stack_id.h"

namespace cleanslate {

struct BlockRecord {
  StackId site = StackId::kNone;  // kNone: nothing is known of the block
  WindowNumber window = 0;        // modulo BlockShadow::kWindows
  std::size_t bytes = 0;          // as the caller asked for
};

class BlockShadow {
 public:
  static constexpr int kSiteBits = 21;
  static constexpr int kWindowBits = 20;
  static constexpr int kSizeBits = 22;
  static constexpr WindowNumber kWindows = WindowNumber{1} << kWindowBits;

  constexpr BlockShadow() = default;

  // Before the first Store. `unit_shift`: log2 of the unit. False when the kernel refuses the directory.
  bool Open(int unit_shift);

  // False when no memory could be had for the slot, or the address is beyond user space as we know it.
  bool Store(const void* block, const BlockRecord& record) {
    std::atomic<std::uint64_t>* slot = SlotOrMap(block);
    if (slot == nullptr) [[unlikely]]
      return false;
    std::uint64_t packed = static_cast<std::uint64_t>(record.site) |
                           (std::uint64_t{record.window & (kWindows - 1)} << kSiteBits);
    if (record.bytes < kLarge) {
      packed |= std::uint64_t{record.bytes} << (kSiteBits + kWindowBits);
    } else {
      // The block covers its second slot too: the size stands there.
      std::atomic<std::uint64_t>* second =
          SlotOrMap(static_cast<const char*>(block) + (std::size_t{1} << unit_shift_));
      if (second == nullptr) return false;
      second->store(record.bytes, std::memory_order_relaxed);
      packed |= kLargeFlag;
    }
    slot->store(packed, std::memory_order_relaxed);
    return true;
  }

  // Reads the record and empties the slot.
  BlockRecord Take(const void* block) {
    std::atomic<std::uint64_t>* slot = Slot(block);
    if (slot == nullptr) return {};
    const std::uint64_t packed = slot->load(std::memory_order_relaxed);
    if (packed == 0) return {};
    slot->store(0, std::memory_order_relaxed);
    BlockRecord record;
    record.site = static_cast<StackId>(packed & ((std::uint64_t{1} << kSiteBits) - 1));
    record.window = static_cast<WindowNumber>(packed >> kSiteBits) & (kWindows - 1);
    record.bytes = (packed & ~kLargeFlag) >> (kSiteBits + kWindowBits);
    if ((packed & kLargeFlag) != 0) {
      record.bytes = Slot(static_cast<const char*>(block) + (std::size_t{1} << unit_shift_))->exchange(0);
    }
    return record;
  }

  // Bytes of shadow that are in memory: of the leaves only pages that were touched are. Exact for the first
  // kListed leaves (1 GiB of address space), counted whole beyond. Makes a system call a leaf.
  std::size_t resident_bytes() const;

  // In a child of fork, single-threaded: everything is forgotten, the pages are given back.
  void Reset();

 private:
  static constexpr int kAddressBits = 48;
  static constexpr int kLeafBits = 26;  // 64 MiB of address space a leaf
  static constexpr std::uint64_t kLarge = std::uint64_t{1} << kSizeBits;
  static constexpr std::uint64_t kLargeFlag = std::uint64_t{1} << 63;
  static_assert(kSiteBits + kWindowBits + kSizeBits == 63);

  using Leaf = std::atomic<std::uint64_t>;

  std::size_t LeafBytes() const { return (std::size_t{1} << (kLeafBits - unit_shift_)) * sizeof(Leaf); }

  std::atomic<std::uint64_t>* Slot(const void* address) const {
    const auto number = reinterpret_cast<std::uintptr_t>(address);
    if (number >> kAddressBits != 0) [[unlikely]]
      return nullptr;
    Leaf* leaf = directory_[number >> kLeafBits].load(std::memory_order_acquire);
    if (leaf == nullptr) return nullptr;
    return &leaf[(number & ((std::uintptr_t{1} << kLeafBits) - 1)) >> unit_shift_];
  }

  std::atomic<std::uint64_t>* SlotOrMap(const void* address) {
    std::atomic<std::uint64_t>* slot = Slot(address);
    return slot != nullptr ? slot : MapSlot(address);
  }

  std::atomic<std::uint64_t>* MapSlot(const void* address);

  std::atomic<Leaf*>* directory_ = nullptr;
  int unit_shift_ = 5;
  static constexpr std::size_t kListed = 16;
  std::atomic<std::size_t> leaf_count_ = 0;
  std::atomic<Leaf*> listed_[kListed] = {};
};

}  // namespace cleanslate
