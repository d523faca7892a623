#include "record/frame_steps.h"

#include "record/cfi.h"
#include "record/code_map.h"

namespace cleanslate {

constinit FrameSteps frame_steps;

namespace {

template <int kBits>
bool Fits(std::int64_t number) {
  return number >= -(std::int64_t{1} << (kBits - 1)) && number < std::int64_t{1} << (kBits - 1);
}

FrameStep StepOf(const FrameRule& rule) {
  const FrameStep by_rule(FrameStep::Kind::kByRule);
  if (rule.saved[kReturnAddress] == FrameRule::Saved::kUndefined && !rule.signal_frame) {
    return FrameStep(FrameStep::Kind::kOutermost);
  }
  if (rule.signal_frame || rule.cfa_is_expression || rule.cfa_offset % 8 != 0) return by_rule;
  FrameStep::Kind kind = FrameStep::Kind::kFromStackPointer;
  if (rule.cfa_register == kFramePointer) {
    kind = FrameStep::Kind::kFromFramePointer;
  } else if (rule.cfa_register != kStackPointer) {
    return by_rule;
  }
  if (rule.saved[kReturnAddress] != FrameRule::Saved::kAtCfa || rule.offset[kReturnAddress] % 8 != 0) {
    return by_rule;
  }
  std::int64_t frame_pointer = 0;
  switch (rule.saved[kFramePointer]) {
    case FrameRule::Saved::kSame:
      frame_pointer = FrameStep::kSame;
      break;
    case FrameRule::Saved::kUndefined:
      frame_pointer = FrameStep::kLost;
      break;
    case FrameRule::Saved::kAtCfa:
      if (rule.offset[kFramePointer] % 8 != 0) return by_rule;
      frame_pointer = rule.offset[kFramePointer] / 8;
      if (frame_pointer >= FrameStep::kLost) return by_rule;
      break;
    case FrameRule::Saved::kExpression:
      return by_rule;
  }
  FrameStep step;
  return step.Set(kind, rule.cfa_offset / 8, rule.offset[kReturnAddress] / 8, frame_pointer) ? step : by_rule;
}

}  // namespace

bool FrameStep::Set(Kind kind, std::int64_t cfa_offset, std::int64_t return_address,
                    std::int64_t frame_pointer) {
  if (!Fits<24>(cfa_offset) || !Fits<16>(return_address) || !Fits<16>(frame_pointer)) return false;
  word_ = static_cast<std::uint64_t>(kind) | (static_cast<std::uint64_t>(cfa_offset) & 0xffffff) << 4 |
          (static_cast<std::uint64_t>(return_address) & 0xffff) << 28 |
          (static_cast<std::uint64_t>(frame_pointer) & 0xffff) << 44;
  return true;
}

FrameStep FrameSteps::Learn(Entry& entry, std::uintptr_t pc, std::uint32_t generation) {
  FrameRule rule;
  const CodeModule module = code_map.Find(pc);
  if (module.busy) return FrameStep(FrameStep::Kind::kBusy);
  if (module.start == 0) {
    // Not kept: a library may come to stand there at any time.
    FrameStep nobodys(FrameStep::Kind::kNoInformation);
    nobodys.SetNotFirstTenant();
    return nobodys;
  }
  FrameStep step =
      ReadFrameRule(module, pc, rule) ? StepOf(rule) : FrameStep(FrameStep::Kind::kNoInformation);
  if (module.tenant != 0) step.SetNotFirstTenant();
  entry.check.store(Key(pc, generation) ^ step.word(), std::memory_order_relaxed);
  entry.word.store(step.word(), std::memory_order_relaxed);
  return step;
}

void FrameSteps::Forget() {
  for (Entry& entry : entries_) {
    if (entry.check.load(std::memory_order_relaxed) == 0) continue;
    entry.check.store(0, std::memory_order_relaxed);
    entry.word.store(0, std::memory_order_relaxed);
  }
}

}  // namespace cleanslate
