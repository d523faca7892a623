#pragma once

// Walks the calling thread's stack by its call frame information. Made for the hooks: no allocation, no lock
// (the loader's only when an unknown module comes up, see CodeMap), no libc, any thread, any signal handler,
// a few hundred bytes of stack when rules are cached. Never reads memory that isn't mapped; where the way is
// not known for certain it stops and says so, and never guesses.
//
// One Unwinder a thread, in its ThreadState: the rules that it has looked up stay with it. All zero bytes at
// the start.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/call_site.h"
#include "record/cfi.h"
#include "record/stack_memo.h"

namespace cleanslate {

class Unwinder {
 public:
  // Stands as the outermost "return address" of a stack whose outer end could not be walked.
  static constexpr std::uintptr_t kCut = 1;

  // Writes return addresses, innermost first, `site`'s own first, at most `most`, and returns how many.
  // Frames of this library at the inner end are left out.
  int Walk(const CallSite& site, std::uintptr_t* frames, int most);

  // Whether this address lies in the object that this code is linked into.
  static bool IsOurCode(std::uintptr_t pc);

  // What the last walk read of the stack, in order: it is a function of this, of `site`, and of the code that
  // is loaded.
  const StackReads& reads() const { return reads_; }

  // Memory was unmapped: what was found readable there is not to be believed any more. Any thread. Returns
  // whether this thread's stack was concerned.
  bool MemoryUnmapped(std::uintptr_t start, std::uintptr_t end);

 private:
  static constexpr std::size_t kRules = 2048;

  enum class Kind : std::uint8_t { kNone, kSteps, kLookUp, kNoInformation };

  // A rule in the form that nearly all frames have; the others are looked up each time.
  struct CachedRule {
    std::uintptr_t pc;
    std::uint32_t generation;
    Kind kind;
    std::int8_t cfa_register;
    std::int16_t unused;
    std::int32_t cfa_offset;
    std::int16_t saved[kSavedRegisters];  // words from the CFA; kSame, kLost
  };

  struct Frame;
  friend struct FrameReader;

  enum class Step : std::uint8_t { kCaller, kOutermost, kUnknown };

  const CachedRule& RuleAt(std::uintptr_t pc);
  Step StepOut(Frame& frame);
  Step StepOutByRule(Frame& frame, const CachedRule& rule);
  Step StepOutByLookup(Frame& frame);
  bool ReadWord(std::uintptr_t address, std::uintptr_t& value);
  bool Readable(std::uintptr_t address);

  // Pages of the stack that were found readable. Emptied by whoever unmaps them.
  std::atomic<std::uintptr_t> readable_from_;
  std::atomic<std::uintptr_t> readable_to_;
  StackReads reads_;
  CachedRule rules_[kRules];
};

}  // namespace cleanslate
