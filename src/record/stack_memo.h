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
    for (const std::uint64_t position : SetOf(site)) {
      if (position == 0 || end_ - position > kPoolWords) continue;
      const auto& entry = *reinterpret_cast<const Entry*>(&pool_[position % kPoolWords]);
      if (entry.Holds(site, generation)) return entry.stack;
    }
    return StackId::kNone;
  }

  void Remember(const CallSite& site, std::uint32_t generation, const StackReads& reads, StackId stack);

  // Memory of the stack was unmapped. Any thread.
  void Forget() { forget_.store(true, std::memory_order_relaxed); }

 private:
  // Different stacks often meet at one call with one stack pointer: each set of slots remembers several.
  static constexpr std::size_t kSets = 512;
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kPoolWords = std::size_t{1} << 16;

  using Set = std::uint64_t[kWays];

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
    const std::int16_t* offsets() const { return reinterpret_cast<const std::int16_t*>(values() + count); }
    std::uintptr_t* values() { return reinterpret_cast<std::uintptr_t*>(this + 1); }
    std::int16_t* offsets() { return reinterpret_cast<std::int16_t*>(values() + count); }

    bool Holds(const CallSite& site, std::uint32_t code) const {
      if (pc != site.pc || sp != site.sp || generation != code) return false;
      if (used_frame_pointer && fp != site.fp) return false;
      const auto* words = reinterpret_cast<const volatile std::uintptr_t*>(site.sp);
      const std::uintptr_t* const wanted = values();
      const std::int16_t* const where = offsets();
      for (std::uint32_t i = 0; i < count; ++i) {
        if (words[where[i]] != wanted[i]) return false;
      }
      return true;
    }
  };
  static constexpr std::size_t kEntryWords = sizeof(Entry) / sizeof(std::uintptr_t);

  // Positions count up for ever; one that lies more than a pool behind the end has been written over.
  Set& SetOf(const CallSite& site) {
    const std::uint64_t hash = (site.pc ^ (site.sp << 20)) * 0x9E3779B97F4A7C15u;
    return sets_[(hash >> 40) % kSets];
  }

  void ForgetNow();

  std::atomic<bool> forget_;
  std::uint64_t end_;  // 0: nothing was ever remembered
  Set sets_[kSets];
  std::uintptr_t pool_[kPoolWords];
};

}  // namespace cleanslate
