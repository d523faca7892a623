#pragma once

// Walks the calling thread's stack by its call frame information, following every register that a rule may
// ask for. Each rule is read anew: the walk for the rare stacks that StackWalker can't take, and the judge of
// those that it takes.
//
// Made for the hooks: no allocation, no lock (the loader's only when an unknown module comes up, see
// CodeMap), no libc, any thread, any signal handler. Never reads memory that isn't mapped; where the way is
// not known for certain it stops and says so, and never guesses.

#include <cstdint>

#include "base/call_site.h"
#include "record/cfi.h"
#include "record/stack_memory.h"
#include "record/stack_reads.h"

namespace cleanslate {

class Unwinder {
 public:
  // Stands as the outermost "return address" of a stack whose outer end could not be walked.
  static constexpr std::uintptr_t kCut = 1;

  Unwinder(StackMemory& memory, StackReads& reads) : memory_(memory), reads_(reads) {}

  // Writes words of FrameAddress, innermost first, `site`'s own first, at most `most`, and returns how many.
  // Frames of this library at the inner end are left out. What it read is noted, from the beginning.
  int Walk(const CallSite& site, std::uintptr_t* frames, int most);

 private:
  struct Frame;
  friend struct FrameReader;

  enum class Step : std::uint8_t { kCaller, kOutermost, kUnknown };

  Step StepOut(Frame& frame);
  bool ReadWord(std::uintptr_t address, std::uintptr_t& value);

  StackMemory& memory_;
  StackReads& reads_;
};

// Pointer authentication leaves a signature in the upper bits of a return address (Arm ARM, "PAC").
inline std::uintptr_t StripSignature(std::uintptr_t address) {
#if defined(__aarch64__)
  return address & ((std::uintptr_t{1} << 48) - 1);
#else
  return address;
#endif
}

// A caller's frame lies above its callee's: on x86-64 by the return address at least.
#if defined(__x86_64__)
inline constexpr std::uintptr_t kLeastFrame = 8;
#else
inline constexpr std::uintptr_t kLeastFrame = 0;
#endif

}  // namespace cleanslate
