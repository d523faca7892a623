#pragma once

// How to step out of a frame, by the address of the code: the rule that nearly all frames have, in one word,
// remembered for the whole process. A rule that doesn't fit says so and is read anew each time (cfi.h).
//
// Any thread, no lock: an entry is two words that check each other. Forgotten with the code (CodeMap's
// generation).

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cleanslate {

class FrameStep {
 public:
  enum class Kind : std::uint8_t {
    kNoInformation,     // nothing is known of this code
    kFromStackPointer,  // the caller's frame (DWARF 5, section 6.4: the CFA) lies at sp + cfa_offset
    kFromFramePointer,  // ... at fp + cfa_offset
    kOutermost,         // there is no caller
    kByRule,            // anything else: see ReadFrameRule
    kBusy,              // nobody can say now; may be known the next time
  };
  static constexpr std::int64_t kSame = 0x7fff;  // fp: the caller's is the callee's
  static constexpr std::int64_t kLost = 0x7ffe;  // fp: nobody knows

  constexpr FrameStep() = default;
  constexpr explicit FrameStep(std::uint64_t word) : word_(word) {}
  constexpr explicit FrameStep(Kind kind) : word_(static_cast<std::uint64_t>(kind)) {}
  // Offsets in words. False when one doesn't fit.
  bool Set(Kind kind, std::int64_t cfa_offset, std::int64_t return_address, std::int64_t frame_pointer);

  Kind kind() const { return static_cast<Kind>(word_ & 7); }
  // Whether the code is of a later tenant of its place than the first, or of none: see CodeMap.
  bool is_not_of_first_tenant() const { return (word_ & kNotFirstTenant) != 0; }
  void SetNotFirstTenant() { word_ |= kNotFirstTenant; }
  std::int64_t cfa_offset() const { return Field<4, 24>() * 8; }       // bytes
  std::int64_t return_address() const { return Field<28, 16>() * 8; }  // bytes from the CFA
  std::int64_t frame_pointer() const { return Field<44, 16>(); }       // words from the CFA, kSame, kLost
  std::uint64_t word() const { return word_; }

 private:
  static constexpr std::uint64_t kNotFirstTenant = 8;

  template <int kShift, int kBits>
  std::int64_t Field() const {
    return static_cast<std::int64_t>(word_ << (64 - kShift - kBits)) >> (64 - kBits);
  }

  std::uint64_t word_ = 0;
};

class FrameSteps {
 public:
  constexpr FrameSteps() = default;

  // The step at `pc`, in the code that is loaded at `generation`.
  FrameStep At(std::uintptr_t pc, std::uint32_t generation) {
    Entry& entry = entries_[((pc * 0x9E3779B97F4A7C15u) >> 40) % kEntries];
    const std::uint64_t word = entry.word.load(std::memory_order_relaxed);
    if ((entry.check.load(std::memory_order_relaxed) ^ word) == Key(pc, generation)) [[likely]]
      return FrameStep(word);
    return Learn(entry, pc, generation);
  }

  // To be called each time that the lower 16 bits of the generation, all that an entry knows of it, are zero.
  void Forget();

 private:
  static constexpr std::size_t kEntries = std::size_t{1} << 15;

  struct Entry {
    std::atomic<std::uint64_t> check = 0;  // key and word, mixed: who finds another's half sees no match
    std::atomic<std::uint64_t> word = 0;
  };

  static std::uint64_t Key(std::uintptr_t pc, std::uint32_t generation) {
    return std::uint64_t{pc} ^ std::uint64_t{generation} << 48;
  }
  static FrameStep Learn(Entry& entry, std::uintptr_t pc, std::uint32_t generation);

  Entry entries_[kEntries];
};

extern constinit FrameSteps frame_steps;

}  // namespace cleanslate
