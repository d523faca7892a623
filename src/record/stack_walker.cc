#include "record/stack_walker.h"

#include "base/own_code.h"
#include "record/cfi.h"
#include "record/code_map.h"
#include "record/frame_steps.h"
#include "record/unwinder.h"

namespace cleanslate {

// Reads registers and memory for a rule's expressions.
struct PlaceReader {
  StackWalker& walker;
  StackWalker::Place& place;
  bool needs_more = false;

  bool Register(int index, std::uintptr_t& value) {
    if (index == kStackPointer) {
      value = place.sp;
      return true;
    }
    if (index != kFramePointer) {
      needs_more = true;
      return false;
    }
    if (!walker.ReadFramePointer(place)) return false;
    value = place.fp;
    return true;
  }

  bool Word(std::uintptr_t address, std::uintptr_t& value) {
    if (!walker.memory_.Read(address, value)) return false;
    walker.reads_.Note(address);
    return true;
  }

  ExpressionInput Input() {
    return {this,
            [](void* self, unsigned number, std::uintptr_t& value) {
              auto& reader = *static_cast<PlaceReader*>(self);
              const int index = SavedIndex(number);
              if (index == kReturnAddress) {
                value = reader.place.pc;
                return true;
              }
              return reader.Register(index, value);
            },
            [](void* self, std::uintptr_t address, std::uintptr_t& value) {
              return static_cast<PlaceReader*>(self)->Word(address, value);
            }};
  }
};

bool StackWalker::ReadFramePointer(Place& place) {
  switch (place.fp_is) {
    case FramePointer::kUnknown:
      return false;
    case FramePointer::kInitial:
      place.uses_initial = true;
      return true;
    case FramePointer::kInMemory:
      if (!memory_.Read(place.fp_at, place.fp)) return false;
      place.fp_is = FramePointer::kRead;
      return true;
    case FramePointer::kRead:
      return true;
  }
  return false;
}

StackWalker::Step StackWalker::StepOut(Place& from, Place& to) {
  const FrameStep step = frame_steps.At(from.lookup_pc(), generation_);
  if (step.is_not_of_first_tenant()) [[unlikely]]
    from.tenant = code_map.Find(from.lookup_pc()).tenant;
  std::uintptr_t cfa = from.sp;
  switch (step.kind()) {
    case FrameStep::Kind::kFromStackPointer:
      break;
    case FrameStep::Kind::kFromFramePointer:
      if (!ReadFramePointer(from)) return Step::kUnknown;
      cfa = from.fp;
      break;
    case FrameStep::Kind::kOutermost:
      return Step::kOutermost;
    case FrameStep::Kind::kByRule:
      return StepOutByRule(from, to);
    case FrameStep::Kind::kNoInformation:
      code_map.NoteUnknown(from.lookup_pc());
      return Step::kUnknown;
    case FrameStep::Kind::kBusy:
      reads_.overflow = true;  // nobody shall remember this walk
      return Step::kUnknown;
  }
  cfa += static_cast<std::uintptr_t>(step.cfa_offset());
  if (cfa < from.sp + kLeastFrame) return Step::kUnknown;
  to = {};
  to.pc_at = cfa + static_cast<std::uintptr_t>(step.return_address());
  if (!memory_.Read(to.pc_at, to.pc)) return Step::kUnknown;
  to.pc = StripSignature(to.pc);
  if (to.pc == 0) {
    reads_.Note(to.pc_at);
    return Step::kOutermost;
  }
  to.sp = cfa;
  if (step.frame_pointer() == FrameStep::kSame) {
    to.fp_is = from.fp_is;
    to.fp = from.fp;
    to.fp_at = from.fp_at;
  } else if (step.frame_pointer() != FrameStep::kLost) {
    to.fp_is = FramePointer::kInMemory;
    to.fp_at = cfa + static_cast<std::uintptr_t>(step.frame_pointer() * 8);
  }
  return Step::kCaller;
}

// Signal frames, stacks aligned anew, and whatever else needs an expression.
StackWalker::Step StackWalker::StepOutByRule(Place& from, Place& to) {
  from.by_rule = true;
  FrameRule rule;
  const CodeModule module = code_map.Find(from.lookup_pc());
  if (module.start == 0 || !ReadFrameRule(module, from.lookup_pc(), rule)) return Step::kUnknown;
  PlaceReader reader{*this, from};
  const ExpressionInput input = reader.Input();
  const auto failed = [&] { return reader.needs_more ? Step::kNeedsRegisters : Step::kUnknown; };
  std::uintptr_t cfa = 0;
  if (rule.cfa_is_expression) {
    if (!Evaluate(rule.cfa_expression, input, nullptr, cfa)) return failed();
  } else {
    if (!reader.Register(rule.cfa_register, cfa)) return failed();
    cfa += static_cast<std::uintptr_t>(rule.cfa_offset);
  }
  // Only a signal handler may stand on a stack of its own.
  if (cfa < from.sp + kLeastFrame && !rule.signal_frame) return Step::kUnknown;

  const auto place_of = [&](int index, std::uintptr_t& address) {
    if (rule.saved[index] == FrameRule::Saved::kAtCfa) {
      address = cfa + static_cast<std::uintptr_t>(rule.offset[index]);
      return true;
    }
    return Evaluate(rule.expression[index], input, &cfa, address);
  };
  to = {};
  to.sp = cfa;
  to.interrupted = rule.signal_frame;
  switch (rule.saved[kFramePointer]) {
    case FrameRule::Saved::kSame:
      to.fp_is = from.fp_is;
      to.fp = from.fp;
      to.fp_at = from.fp_at;
      break;
    case FrameRule::Saved::kUndefined:
      break;
    default:
      if (!place_of(kFramePointer, to.fp_at)) return failed();
      to.fp_is = FramePointer::kInMemory;
  }
  // A return address that stays in a register.
  if (rule.saved[kReturnAddress] == FrameRule::Saved::kSame) return Step::kNeedsRegisters;
  if (!place_of(kReturnAddress, to.pc_at) || !reader.Word(to.pc_at, to.pc)) return failed();
  to.pc = StripSignature(to.pc);
  return to.pc == 0 ? Step::kOutermost : Step::kCaller;
}

bool StackWalker::OuterWayUsesInitial(int from) const {
  for (int at = from; at >= 0 && trail_[at].fp_is == FramePointer::kInitial; --at) {
    if (trail_[at].uses_initial) return true;
  }
  return false;
}

// Whether this walk is where the last one was.
bool StackWalker::IsAt(const Place& here, int known) const {
  const Place& there = trail_[known];
  if (here.pc != there.pc || here.sp != there.sp || here.interrupted != there.interrupted || there.own) {
    return false;
  }
  switch (here.fp_is) {
    case FramePointer::kUnknown:
      return there.fp_is == FramePointer::kUnknown;
    case FramePointer::kInitial:
      return there.fp_is == FramePointer::kInitial && (here.fp == there.fp || !OuterWayUsesInitial(known));
    default:
      return (there.fp_is == FramePointer::kInMemory || there.fp_is == FramePointer::kRead) &&
             here.fp_at == there.fp_at;
  }
}

// Goes the way of the last walk from place `from` outward, for as long as what its steps read is the same.
// Returns the place whose step has to be taken anew, or kAllTheWay.
int StackWalker::FollowTrail(int from) {
  for (int at = from;; --at) {
    Place& place = trail_[at];
    if (place.fp_is == FramePointer::kRead && StackMemory::ReadKnown(place.fp_at) != place.fp) {
      place.fp_is = FramePointer::kInMemory;
      return at;
    }
    if (at > 0 && !place.by_rule) {
      const Place& next = trail_[at - 1];
      if (StripSignature(StackMemory::ReadKnown(next.pc_at)) != next.pc) return at;
      continue;
    }
    Place again = place;
    Place next;
    const Step step = StepOut(again, next);
    if (at == 0) return step == trail_end_ ? kAllTheWay : 0;
    if (step != Step::kCaller || !IsAt(next, at - 1)) return at;
    trail_[at - 1].pc_at = next.pc_at;
  }
}

StackId StackWalker::Walk(const CallSite& site, std::uint32_t generation, StackTable& stacks) {
  if (generation_ != generation || forget_.load(std::memory_order_relaxed)) {
    forget_.store(false, std::memory_order_relaxed);
    generation_ = generation;
    trail_size_ = 0;
  }
  reads_.Clear();
  reads_are_whole_ = false;
  Place here = {};
  here.pc = StripSignature(site.pc);
  here.sp = site.sp;
  here.fp = site.fp;
  here.fp_is = FramePointer::kInitial;
  int fresh = 0;
  int known = trail_size_ - 1;
  Step end = Step::kUnknown;
  while (true) {
    while (known >= 0 && trail_[known].sp < here.sp) --known;
    if (known >= 0 && IsAt(here, known)) {
      trail_[known].pc_at = here.pc_at;
      const int changed = FollowTrail(known);
      if (changed == kAllTheWay && fresh + known + 1 < kMaxFrames) break;
      // What is outward of the change has to be numbered anew, and with it all that is inward.
      const int last = changed == kAllTheWay ? 0 : changed;
      while (true) {
        here = trail_[known];
        if (here.fp_is == FramePointer::kInitial) here.fp = site.fp;
        if (known == last || fresh == kMaxFrames - 1) break;
        fresh_[fresh++] = here;
        --known;
      }
      known = last - 1;
    }
    if (fresh == kMaxFrames - 1) {
      end = Step::kUnknown;
      known = -1;
      break;
    }
    fresh_[fresh++] = here;
    end = StepOut(fresh_[fresh - 1], here);
    if (end == Step::kNeedsRegisters) return WalkWithAllRegisters(site, stacks);
    if (end == Step::kCaller) continue;
    known = -1;
    break;
  }
  if (known < 0) trail_end_ = end;
  return Lay(fresh, known, stacks);
}

StackTable::Frame StackWalker::FrameAt(int place) const {
  return {trail_[place].address().word(), trail_[place].path};
}

// The way of this walk becomes the trail: `fresh` places, outward of them the trail from place `joined` on,
// or
// (-1) nothing.
StackId StackWalker::Lay(int fresh, int joined, StackTable& stacks) {
  const bool cut = trail_end_ != Step::kOutermost;
  StackTable::Path path = StackTable::kRoot;
  if (joined >= 0) {
    path = trail_[joined].path;
  } else if (cut) {
    path = StackTable::Extend(path, Unwinder::kCut);
  }
  int own = 0;  // frames of this library at the inner end are left out
  while (own < fresh && IsLeftOut(fresh_[own].pc)) ++own;
  for (int at = fresh - 1; at >= own; --at) {
    path = StackTable::Extend(path, fresh_[at].address().word());
    fresh_[at].path = path;
  }
  stacks.Prefetch(path);
  trail_size_ = joined + 1;
  for (int at = fresh - 1; at >= 0; --at) {
    fresh_[at].own = at < own;
    trail_[trail_size_++] = fresh_[at];
  }
  const int innermost = trail_size_ - own - 1;
  if (innermost < 0) return StackTable::kNoStack;
  const StackId known = stacks.Find(FrameAt(innermost));
  stack_is_new_ = known == StackId::kNone;
  if (!stack_is_new_) return known;
  return stacks.Intern(innermost + 1 + (cut ? 1 : 0), [&](int i) {
    if (i <= innermost) return FrameAt(innermost - i);
    return StackTable::Frame{Unwinder::kCut, StackTable::Extend(StackTable::kRoot, Unwinder::kCut)};
  });
}

StackId StackWalker::WalkWithAllRegisters(const CallSite& site, StackTable& stacks) {
  trail_size_ = 0;
  reads_are_whole_ = true;
  stack_is_new_ = false;
  Unwinder unwinder(memory_, reads_);
  return stacks.Intern(frames_, unwinder.Walk(site, frames_, kMaxFrames));
}

const StackReads& StackWalker::CollectReads() {
  if (reads_are_whole_) return reads_;
  reads_are_whole_ = true;
  std::uintptr_t frame_pointer_at = 0;
  for (int at = trail_size_ - 1; at >= 0; --at) {
    const Place& place = trail_[at];
    if (place.pc_at != 0) reads_.Note(place.pc_at);
    if (place.uses_initial && place.fp_is == FramePointer::kInitial) reads_.used_frame_pointer = true;
    if (place.fp_is != FramePointer::kRead || place.fp_at == frame_pointer_at) continue;
    frame_pointer_at = place.fp_at;
    reads_.Note(frame_pointer_at);
  }
  // Without the trail nobody knows what was read.
  if (trail_size_ == 0) reads_.overflow = true;
  return reads_;
}

bool StackWalker::MemoryUnmapped(std::uintptr_t start, std::uintptr_t end) {
  if (!memory_.Unmapped(start, end)) return false;
  forget_.store(true, std::memory_order_relaxed);
  return true;
}

void StackWalker::Forget() {
  memory_.Forget();
  forget_.store(true, std::memory_order_relaxed);
}

}  // namespace cleanslate
