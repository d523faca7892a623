#include "record/unwinder.h"

#include <errno.h>

#include <atomic>

#include "base/raw_io.h"
#include "record/code_map.h"

// The bounds of the object this code is linked into (ld(1), "etext"; the ELF header by __ehdr_start).
extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char etext __attribute__((visibility("hidden")));

namespace cleanslate {

namespace {

constexpr std::int16_t kSame = 0x7fff;
constexpr std::int16_t kLost = 0x7ffe;
constexpr std::uintptr_t kPageBytes = 4096;

// A caller's frame lies above its callee's: on x86-64 by the return address at least.
#if defined(__x86_64__)
constexpr std::uintptr_t kLeastFrame = 8;
#else
constexpr std::uintptr_t kLeastFrame = 0;
#endif

// Whether the page can be read, asked of the kernel without a trace: rt_sigprocmask(2) reads its set before
// it looks at `how`, so that an impossible `how` gives EFAULT for an unreadable set and EINVAL for a readable
// one.
bool PageIsReadable(std::uintptr_t page) {
  constexpr long kNoSuchHow = -1;
  return raw::Call(SYS_rt_sigprocmask, kNoSuchHow, static_cast<long>(page), 0, 8) != -EFAULT;
}

// Pointer authentication leaves a signature in the upper bits of a return address (Arm ARM, "PAC").
std::uintptr_t StripSignature(std::uintptr_t address) {
#if defined(__aarch64__)
  return address & ((std::uintptr_t{1} << 48) - 1);
#else
  return address;
#endif
}

}  // namespace

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

bool Unwinder::IsOurCode(std::uintptr_t pc) {
  return pc >= reinterpret_cast<std::uintptr_t>(&__ehdr_start) &&
         pc < reinterpret_cast<std::uintptr_t>(&etext);
}

bool Unwinder::MemoryUnmapped(std::uintptr_t start, std::uintptr_t end) {
  const std::uintptr_t from = readable_from_.load(std::memory_order_relaxed);
  const std::uintptr_t to = readable_to_.load(std::memory_order_relaxed);
  if (from >= to || start >= to || end <= from) return false;
  readable_to_.store(from, std::memory_order_relaxed);
  return true;
}

bool Unwinder::Readable(std::uintptr_t address) {
  const std::uintptr_t page = address & ~(kPageBytes - 1);
  if (!PageIsReadable(page)) return false;
  // A range grows page by page; one that doesn't touch the page is another stack's.
  const std::uintptr_t from = readable_from_.load(std::memory_order_relaxed);
  const std::uintptr_t to = readable_to_.load(std::memory_order_relaxed);
  if (from < to && page + kPageBytes == from) {
    readable_from_.store(page, std::memory_order_relaxed);
    return true;
  }
  if (from >= to || page != to) readable_from_.store(page, std::memory_order_relaxed);
  readable_to_.store(page + kPageBytes, std::memory_order_relaxed);
  return true;
}

bool Unwinder::ReadWord(std::uintptr_t address, std::uintptr_t& value) {
  if (address % sizeof(std::uintptr_t) != 0) return false;
  const bool known = address >= readable_from_.load(std::memory_order_relaxed) &&
                     address < readable_to_.load(std::memory_order_relaxed);
  if (!known && !Readable(address)) return false;
  value = *reinterpret_cast<const volatile std::uintptr_t*>(address);
  reads_.Note(address, value);
  return true;
}

const Unwinder::CachedRule& Unwinder::RuleAt(std::uintptr_t pc) {
  CachedRule& cached = rules_[((pc * 0x9E3779B97F4A7C15u) >> 40) % kRules];
  const std::uint32_t generation = code_map.generation();
  if (cached.pc == pc && cached.generation == generation && cached.kind != Kind::kNone) return cached;

  cached = {};
  cached.pc = pc;
  cached.generation = generation;
  FrameRule rule;
  const CodeModule module = code_map.Find(pc);
  if (module.start == 0 || !ReadFrameRule(module, pc, rule)) {
    cached.kind = Kind::kNoInformation;
    return cached;
  }
  cached.kind = Kind::kSteps;
  cached.cfa_register = rule.cfa_register;
  cached.cfa_offset = static_cast<std::int32_t>(rule.cfa_offset);
  bool plain = !rule.signal_frame && !rule.cfa_is_expression && cached.cfa_offset == rule.cfa_offset;
  for (int i = 0; i < kSavedRegisters; ++i) {
    if (rule.saved[i] == FrameRule::Saved::kSame) {
      cached.saved[i] = kSame;
    } else if (rule.saved[i] == FrameRule::Saved::kUndefined) {
      cached.saved[i] = kLost;
    } else {
      const std::int64_t words = rule.offset[i] / 8;
      plain = plain && rule.saved[i] == FrameRule::Saved::kAtCfa && rule.offset[i] % 8 == 0 &&
              words > -0x7000 && words < 0x7000;
      cached.saved[i] = static_cast<std::int16_t>(words);
    }
  }
  if (!plain) cached.kind = Kind::kLookUp;
  return cached;
}

Unwinder::Step Unwinder::StepOutByRule(Frame& frame, const CachedRule& rule) {
  FrameReader reader{*this, frame};
  std::uintptr_t cfa = 0;
  if (!reader.Register(rule.cfa_register, cfa)) return Step::kUnknown;
  cfa += static_cast<std::uintptr_t>(std::int64_t{rule.cfa_offset});
  if (cfa < frame.sp + kLeastFrame) return Step::kUnknown;
  for (int i = 0; i < kSavedRegisters; ++i) {
    if (rule.saved[i] == kSame) continue;
    if (rule.saved[i] == kLost) {
      frame.where[i] = Frame::Where::kUnknown;
      continue;
    }
    frame.where[i] = Frame::Where::kMemory;
    frame.value[i] = cfa + static_cast<std::uintptr_t>(std::int64_t{rule.saved[i]} * 8);
  }
  if (rule.saved[kReturnAddress] == kLost) return Step::kOutermost;
  std::uintptr_t pc = 0;
  if (!reader.Register(kReturnAddress, pc)) return Step::kUnknown;
  pc = StripSignature(pc);
  if (pc == 0) return Step::kOutermost;
  // A leaf's link register is used up: without a saved one the walk would stand still.
  frame.where[kReturnAddress] = Frame::Where::kUnknown;
  frame.pc = pc;
  frame.pc_is_exact = false;
  frame.sp = cfa;
  return Step::kCaller;
}

// Signal frames, stacks aligned anew, and whatever else needs an expression.
Unwinder::Step Unwinder::StepOutByLookup(Frame& frame) {
  FrameRule rule;
  const std::uintptr_t at = frame.lookup_pc();
  const CodeModule module = code_map.Find(at);
  if (module.start == 0 || !ReadFrameRule(module, at, rule)) return Step::kUnknown;
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
  if (rule.saved[kReturnAddress] == FrameRule::Saved::kUndefined) return Step::kOutermost;
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

Unwinder::Step Unwinder::StepOut(Frame& frame) {
  const CachedRule& rule = RuleAt(frame.lookup_pc());
  switch (rule.kind) {
    case Kind::kSteps:
      return StepOutByRule(frame, rule);
    case Kind::kLookUp:
      return StepOutByLookup(frame);
    default:
      return Step::kUnknown;
  }
}

int Unwinder::Walk(const CallSite& site, std::uintptr_t* frames, int most) {
  reads_.Clear();
  Frame frame;
  frame.pc = StripSignature(site.pc);
  frame.sp = site.sp;
  frame.where[kFramePointer] = Frame::Where::kInitial;
  frame.value[kFramePointer] = site.fp;
  int count = 0;
  while (true) {
    if (count == most - 1) break;
    if (count > 0 || !IsOurCode(frame.pc)) frames[count++] = frame.pc;
    const Step step = StepOut(frame);
    if (step == Step::kOutermost) return count;
    if (step == Step::kUnknown) break;
  }
  frames[count++] = kCut;
  return count;
}

}  // namespace cleanslate
