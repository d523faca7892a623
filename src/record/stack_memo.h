#pragma once

// Remembers walks of one thread's stack, so that a stack that was seen before costs a comparison instead of a
// walk.
//
// A walk is a function of where it began, of the words that it read on its way, and of the code that was
// loaded. All of these are kept; a hit compares every one of them with what is there now, in the order in
// which they were read, and so equals a fresh walk. (A key of return address and stack pointer alone is wrong
// for a quarter to three quarters of allocations.)
//
// One thread, but for Forget. All zero bytes at the start. Old walks give way to new ones.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/call_site.h"
#include "record/stack_id.h"

namespace cleanslate {

// What a walk read, in order.
struct StackReads {
  static constexpr int kMost = 1024;

  struct Word {
    std::uintptr_t address;
    std::uintptr_t value;
  };
  int count;
  bool overflow;            // there were more: the walk can't be remembered
  bool used_frame_pointer;  // the register's value at the beginning mattered
  Word words[kMost];

  void Clear() {
    count = 0;
    overflow = false;
    used_frame_pointer = false;
  }
  void Note(std::uintptr_t address, std::uintptr_t value) {
    if (count == kMost) {
      overflow = true;
      return;
    }
    words[count++] = {address, value};
  }
};

class StackMemo {
 public:
  // kNone: not remembered, or not as it was. `generation`: of the code, see CodeMap.
  StackId Find(const CallSite& site, std::uint32_t generation) {
    if (forget_.load(std::memory_order_relaxed)) [[unlikely]]
      ForgetNow();
    const Entry* entry = EntryFor(site);
    if (entry == nullptr || entry->pc != site.pc || entry->sp != site.sp || entry->generation != generation ||
        (entry->used_frame_pointer && entry->fp != site.fp)) {
      return StackId::kNone;
    }
    const std::uintptr_t* values = entry->values();
    const std::uint16_t* offsets = entry->offsets();
    const auto* stack = reinterpret_cast<const volatile std::uintptr_t*>(site.sp);
    for (std::uint32_t i = 0; i < entry->count; ++i) {
      if (stack[static_cast<std::int16_t>(offsets[i])] != values[i]) return StackId::kNone;
    }
    return entry->stack;
  }

  void Remember(const CallSite& site, std::uint32_t generation, const StackReads& reads, StackId stack);

  // Memory of the stack was unmapped. Any thread.
  void Forget() { forget_.store(true, std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kSlots = 2048;
  static constexpr std::size_t kPoolWords = std::size_t{1} << 15;

  // Followed by `count` values and `count` offsets, in words from sp.
  struct Entry {
    std::uintptr_t pc;
    std::uintptr_t sp;
    std::uintptr_t fp;
    std::uint32_t generation;
    StackId stack;
    std::uint32_t count;
    bool used_frame_pointer;

    const std::uintptr_t* values() const { return reinterpret_cast<const std::uintptr_t*>(this + 1); }
    const std::uint16_t* offsets() const { return reinterpret_cast<const std::uint16_t*>(values() + count); }
    std::uintptr_t* values() { return reinterpret_cast<std::uintptr_t*>(this + 1); }
    std::uint16_t* offsets() { return reinterpret_cast<std::uint16_t*>(values() + count); }
  };
  static constexpr std::size_t kEntryWords = sizeof(Entry) / sizeof(std::uintptr_t);

  static std::size_t SlotOf(const CallSite& site) {
    const std::uint64_t hash = (site.pc ^ (site.sp << 20)) * 0x9E3779B97F4A7C15u;
    return (hash >> 40) % kSlots;
  }
  // Positions count up for ever; one that lies more than a pool behind the end has been written over.
  const Entry* EntryFor(const CallSite& site) const {
    const std::uint64_t position = slots_[SlotOf(site)];
    if (position == 0 || end_ - position > kPoolWords) return nullptr;
    return reinterpret_cast<const Entry*>(&pool_[position % kPoolWords]);
  }

  void ForgetNow();

  std::atomic<bool> forget_;
  std::uint64_t end_;  // 0: nothing was ever remembered
  std::uint64_t slots_[kSlots];
  std::uintptr_t pool_[kPoolWords];
};

}  // namespace cleanslate
