#pragma once

// Which words of the stack a walk read. A walk is a function of where it began, of these words and of the
// code that was loaded.

#include <cstdint>

namespace cleanslate {

struct StackReads {
  static constexpr int kMost = 2048;

  int count;
  bool overflow;            // there were more
  bool used_frame_pointer;  // the register's value at the beginning mattered
  std::uintptr_t addresses[kMost];

  void Clear() {
    count = 0;
    overflow = false;
    used_frame_pointer = false;
  }
  void Note(std::uintptr_t address) {
    if (count == kMost) {
      overflow = true;
      return;
    }
    addresses[count++] = address;
  }
};

}  // namespace cleanslate
