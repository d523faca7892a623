#pragma once

// A frame of a kept stack in one word: the address of the code, whether the frame was interrupted there (and
// does not return there), and which of the objects that were loaded at this place one after the other it
// belongs to.

#include <cstdint>

namespace cleanslate {

struct FrameAddress {
  std::uintptr_t pc = 0;
  bool interrupted = false;  // pc is the instruction itself; otherwise the one after a call
  std::uint16_t tenant = 0;  // see CodeMap: 0, the first object at this place

  static constexpr std::uint16_t kNobody = 0x7fff;  // no loaded object: code that was written at run time

  // The instruction that the frame stands at: a call may be the last of its function.
  std::uintptr_t instruction() const { return interrupted ? pc : pc - 1; }
  std::uintptr_t word() const {
    return pc | std::uintptr_t{tenant} << 48 | std::uintptr_t{interrupted} << 63;
  }
  static FrameAddress Of(std::uintptr_t word) {
    return {word & 0xffff'ffff'ffffu, word >> 63 != 0, static_cast<std::uint16_t>(word >> 48 & kNobody)};
  }
};

}  // namespace cleanslate
