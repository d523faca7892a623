#include "record/unwinder.h"

#include "base/own_code.h"
#include "record/code_map.h"
#include "record/frame_address.h"

namespace cleanslate {

// One frame of a walk. A register that a callee has saved is known by where it lies and read when somebody
// needs it.
struct Unwinder::Frame {
  enum class Where : std::uint8_t { kUnknown, kInitial, kValue, kMemory };

  std::uintptr_t pc = 0;
  std::uintptr_t sp = 0;
  bool pc_is_exact = false;  // interrupted there, not returning there
  Where where[kSavedRegisters] = {};
  std::uintptr_t value[kSavedRegisters] = {};

  // The address whose rule holds: a call may be the last instruction of its function.
  std::uintptr_t lookup_pc() const { return pc_is_exact ? pc : pc - 1; }
};

struct FrameReader {
  Unwinder& unwinder;
  Unwinder::Frame& frame;

  bool Register(int index, std::uintptr_t& value) {
    if (index == kStackPointer) {
      value = frame.sp;
      return true;
    }
    if (index < 0 || frame.where[index] == Unwinder::Frame::Where::kUnknown) return false;
    if (frame.where[index] == Unwinder::Frame::Where::kInitial) unwinder.reads_.used_frame_pointer = true;
    if (frame.where[index] == Unwinder::Frame::Where::kMemory) {
      if (!unwinder.ReadWord(frame.value[index], frame.value[index])) return false;
      frame.where[index] = Unwinder::Frame::Where::kValue;
    }
    value = frame.value[index];
    return true;
  }

  ExpressionInput Input() {
    return {this,
            [](void* self, unsigned number, std::uintptr_t& value) {
              auto& reader = *static_cast<FrameReader*>(self);
              const int index = SavedIndex(number);
              if (index == kReturnAddress && reader.frame.where[index] == Unwinder::Frame::Where::kUnknown) {
                value = reader.frame.pc;
                return true;
              }
              return reader.Register(index, value);
            },
            [](void* self, std::uintptr_t address, std::uintptr_t& value) {
              return static_cast<FrameReader*>(self)->unwinder.ReadWord(address, value);
            }};
  }
};

bool Unwinder::ReadWord(std::uintptr_t address, std::uintptr_t& value) {
  if (!memory_.Read(address, value)) return false;
  reads_.Note(address);
  return true;
}

Unwinder::Step Unwinder::StepOut(Frame& frame) {
  FrameRule rule;
  const std::uintptr_t at = frame.lookup_pc();
  const CodeModule module = code_map.Find(at);
  if (module.busy) reads_.overflow = true;  // nobody shall remember this walk
  if (module.start == 0 || !ReadFrameRule(module, at, rule)) return Step::kUnknown;
  if (rule.saved[kReturnAddress] == FrameRule::Saved::kUndefined) return Step::kOutermost;
  FrameReader reader{*this, frame};
  const ExpressionInput input = reader.Input();
  std::uintptr_t cfa = 0;
  if (rule.cfa_is_expression) {
    if (!Evaluate(rule.cfa_expression, input, nullptr, cfa)) return Step::kUnknown;
  } else {
    if (!reader.Register(rule.cfa_register, cfa)) return Step::kUnknown;
    cfa += static_cast<std::uintptr_t>(rule.cfa_offset);
  }
  // Only a signal handler may stand on a stack of its own.
  if (cfa < frame.sp + kLeastFrame && !rule.signal_frame) return Step::kUnknown;

  Frame caller = frame;
  for (int i = 0; i < kSavedRegisters; ++i) {
    std::uintptr_t address = 0;
    switch (rule.saved[i]) {
      case FrameRule::Saved::kSame:
        continue;
      case FrameRule::Saved::kUndefined:
        caller.where[i] = Frame::Where::kUnknown;
        continue;
      case FrameRule::Saved::kAtCfa:
        address = cfa + static_cast<std::uintptr_t>(rule.offset[i]);
        break;
      case FrameRule::Saved::kExpression:
        if (!Evaluate(rule.expression[i], input, &cfa, address)) return Step::kUnknown;
        break;
    }
    caller.where[i] = Frame::Where::kMemory;
    caller.value[i] = address;
  }
  std::uintptr_t pc = 0;
  FrameReader caller_reader{*this, caller};
  if (!caller_reader.Register(kReturnAddress, pc)) return Step::kUnknown;
  pc = StripSignature(pc);
  if (pc == 0) return Step::kOutermost;
  frame = caller;
  if (!rule.signal_frame) frame.where[kReturnAddress] = Frame::Where::kUnknown;
  frame.pc = pc;
  frame.pc_is_exact = rule.signal_frame;
  frame.sp = cfa;
  return Step::kCaller;
}

int Unwinder::Walk(const CallSite& site, std::uintptr_t* frames, int most) {
  reads_.Clear();
  Frame frame;
  frame.pc = StripSignature(site.pc);
  frame.sp = site.sp;
  frame.where[kFramePointer] = Frame::Where::kInitial;
  frame.value[kFramePointer] = site.fp;
  int count = 0;
  for (int depth = 0; depth < most - 1; ++depth) {
    if (count > 0 || !IsLeftOut(frame.pc)) {
      frames[count++] =
          FrameAddress{frame.pc, frame.pc_is_exact, code_map.Find(frame.lookup_pc()).tenant}.word();
    }
    const Step step = StepOut(frame);
    if (step == Step::kOutermost) return count;
    if (step == Step::kUnknown) break;
  }
  frames[count++] = kCut;
  return count;
}

}  // namespace cleanslate
