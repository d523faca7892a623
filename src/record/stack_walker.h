#pragma once

// Turns the calling thread's stack into its id, and knows the way it went last. A walk goes from frame to
// frame as Unwinder does, by rules that are remembered (frame_steps.h), until it meets a place where the last
// walk came by; from there outward it compares words for as long as they are as they were. So it costs what
// has changed since the last walk, and is a fresh walk all the same: where each step from here reads the same
// words by the same rules, it leads to the same frames.
//
// Two walks are at the same place when the code, the stack pointer and the frame pointer are the same; of the
// latter, what lies in memory is known by where it lies, and compared when a step reads it. Other registers
// aren't followed; a rule that asks for one leaves the whole stack to Unwinder.
//
// One thread, but for MemoryUnmapped and Forget. All zero bytes at the start. Made for the hooks, as Unwinder
// is.

#include <atomic>
#include <cstdint>

#include "base/call_site.h"
#include "record/frame_address.h"
#include "record/stack_id.h"
#include "record/stack_memory.h"
#include "record/stack_reads.h"
#include "record/stack_table.h"

namespace cleanslate {

class StackWalker {
 public:
  // A deeper stack is cut at its outer end.
  static constexpr int kMaxFrames = 4096;

  // `generation`: of the code that is loaded, see CodeMap. StackTable::kNoStack when the table is full, or
  // all frames are this library's own.
  StackId Walk(const CallSite& site, std::uint32_t generation, StackTable& stacks);
  // Whether nobody had seen the last walk's stack before.
  bool stack_is_new() const { return stack_is_new_; }

  // What the last walk depended on.
  const StackReads& CollectReads();

  // Memory was unmapped: nothing of it may be read any more. Returns whether this thread's stack may have
  // been in it.
  bool MemoryUnmapped(std::uintptr_t start, std::uintptr_t end);
  // This walker's next stack is another thread's.
  void Forget();

 private:
  enum class Step : std::uint8_t { kUnknown, kCaller, kOutermost, kNeedsRegisters };
  enum class FramePointer : std::uint8_t {
    kUnknown,
    kInitial,   // the register's value where the walk began
    kInMemory,  // saved in the word at fp_at
    kRead,      // the same, and read: fp is its value
  };

  struct Place {
    std::uintptr_t pc;     // where the frame returns to, or was interrupted
    std::uintptr_t sp;     // its stack pointer
    std::uintptr_t pc_at;  // the word that pc was read from; 0 where the walk began
    std::uintptr_t fp;
    std::uintptr_t fp_at;
    StackTable::Path path;  // of the stack from here outward
    std::uint16_t tenant;   // of the code, see CodeMap
    FramePointer fp_is;
    bool own;           // a frame of this library at the inner end: left out
    bool interrupted;   // pc is exact, not a return address
    bool by_rule;       // the step outward reads what isn't noted here: it has to be taken again
    bool uses_initial;  // the step outward asks for the register's value where the walk began

    FrameAddress address() const { return {pc, interrupted, tenant}; }
    std::uintptr_t lookup_pc() const { return address().instruction(); }
  };
  friend struct PlaceReader;

  Step StepOut(Place& from, Place& to);
  Step StepOutByRule(Place& from, Place& to);
  bool ReadFramePointer(Place& place);
  bool OuterWayUsesInitial(int from) const;
  bool IsAt(const Place& here, int known) const;
  int FollowTrail(int from);
  StackId Lay(int fresh, int joined, StackTable& stacks);
  StackTable::Frame FrameAt(int place) const;
  StackId WalkWithAllRegisters(const CallSite& site, StackTable& stacks);

  static constexpr int kAllTheWay = -1;

  StackMemory memory_;
  std::atomic<bool> forget_;
  std::uint32_t generation_;
  int trail_size_;  // the last walk, outermost place first
  Step trail_end_;  // how it ended there
  bool stack_is_new_;
  bool reads_are_whole_;  // reads_ is all that the last walk read; otherwise what by_rule steps read
  StackReads reads_;
  Place trail_[kMaxFrames];
  Place fresh_[kMaxFrames];  // of this walk, innermost first
  std::uintptr_t frames_[kMaxFrames];
};

}  // namespace cleanslate
