#pragma once

// Remembers walks of one thread's stack, so that a stack that was seen before costs a comparison instead of a
// walk.
//
// A walk is a function of where it began, of the words that it read on its way, and of the code that was
// loaded. All of these are kept; a hit compares every one of them with what is there now, and so equals a
// fresh walk. (A key of return address and stack pointer alone is wrong for a quarter to three quarters of
// allocations.)
//
// One thread, but for Forget. All zero bytes at the start. When it is full it begins anew.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/call_site.h"
#include "record/stack_id.h"
#include "record/stack_memory.h"
#include "record/stack_reads.h"

namespace cleanslate {

class StackMemo {
 public:
  // kNone: not remembered, or not as it was. `generation`: of the code, see CodeMap.
  [[gnu::always_inline]] StackId Find(const CallSite& site, std::uint32_t generation) {
    if (generation_.load(std::memory_order_relaxed) != generation) [[unlikely]]
      return StackId::kNone;
    const std::uint64_t hash = Hash(site);
    const Way& first = sets_[hash % kSets][0];
    if (first.tag == TagOf(hash) && EntryAt(first).Holds(site)) [[likely]]
      return EntryAt(first).stack;
    return FindBehind(site, hash);
  }

  // The words of `reads` are read again: the stack must be as the walk found it.
  void Remember(const CallSite& site, std::uint32_t generation, const StackReads& reads, StackId stack);

  // Memory of the stack was unmapped. Any thread.
  void Forget() { generation_.store(0, std::memory_order_relaxed); }

 private:
  // Different stacks often meet at one call with one stack pointer: each set of slots remembers several.
  static constexpr std::size_t kSets = 512;
  static constexpr std::size_t kWays = 8;
  static constexpr std::uint32_t kStride = 4;
  static constexpr std::uint32_t kPoolWords = std::uint32_t{1} << 16;

  struct Way {
    std::uint32_t tag;  // 0: empty
    std::uint32_t position;
  };

  // Followed by `count` values and `count` offsets, in words from sp; a multiple of kStride, the last one
  // again where there are fewer.
  struct Entry {
    std::uintptr_t pc;
    std::uintptr_t sp;
    std::uintptr_t fp;
    std::uintptr_t fp_mask;  // all ones where the register's value mattered, otherwise 0
    StackId stack;
    std::uint32_t count;

    const std::uintptr_t* values() const { return reinterpret_cast<const std::uintptr_t*>(this + 1); }
    const std::int16_t* offsets() const { return reinterpret_cast<const std::int16_t*>(values() + count); }
    std::uintptr_t* values() { return reinterpret_cast<std::uintptr_t*>(this + 1); }
    std::int16_t* offsets() { return reinterpret_cast<std::int16_t*>(values() + count); }

    CLEANSLATE_READS_ANY_STACK inline bool Holds(const CallSite& site) const {
      if (((pc ^ site.pc) | (sp ^ site.sp) | ((fp ^ site.fp) & fp_mask)) != 0) return false;
      // What the compiler knows of the host's stack is old.
      __asm__ volatile("" : : : "memory");
      const auto* const words = reinterpret_cast<const std::uintptr_t*>(site.sp);
      const std::uintptr_t* wanted = values();
      const std::int16_t* where = offsets();
      // Four by four, without a branch for each word.
      for (const std::uintptr_t* const end = wanted + count; wanted != end;
           wanted += kStride, where += kStride) {
        const std::uintptr_t other = (words[where[0]] ^ wanted[0]) | (words[where[1]] ^ wanted[1]) |
                                     (words[where[2]] ^ wanted[2]) | (words[where[3]] ^ wanted[3]);
        if (other != 0) return false;
      }
      return true;
    }
  };
  static constexpr std::size_t kEntryWords = sizeof(Entry) / sizeof(std::uintptr_t);

  const Entry& EntryAt(const Way& way) const { return reinterpret_cast<const Entry&>(pool_[way.position]); }
  StackId FindBehind(const CallSite& site, std::uint64_t hash);

  static std::uint64_t Hash(const CallSite& site) {
    return ((site.pc ^ (site.sp << 20)) * 0x9E3779B97F4A7C15u) >> 20;
  }
  static std::uint32_t TagOf(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 9) | 1; }

  std::atomic<std::uint32_t> generation_;  // 0: what is remembered isn't to be believed
  std::uint32_t used_;                     // words of the pool
  Way sets_[kSets][kWays];
  std::uintptr_t pool_[kPoolWords];
};

}  // namespace cleanslate
