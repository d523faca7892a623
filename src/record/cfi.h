#pragma once

// Call frame information: what the compiler wrote down of how to get from one frame to its caller. Reads
// .eh_frame through its sorted index. Formats: DWARF 5, section 6.4; LSB core, "Exception Frames"; register
// numbers: the psABI of each architecture.
//
// Pure reading of mapped, read-only memory of a loaded object; no lock, no allocation, any thread.

#include <cstdint>

#include "record/code_map.h"

namespace cleanslate {

// The registers that a rule may restore: the callee-saved ones, and the return address.
#if defined(__x86_64__)
inline constexpr int kSavedRegisters = 7;  // rbx, rbp, r12-r15, return address
inline constexpr int kFramePointer = 1;
inline constexpr int kReturnAddress = 6;
#elif defined(__aarch64__)
inline constexpr int kSavedRegisters = 12;  // x19-x28, x29 (frame pointer), x30 (link register)
inline constexpr int kFramePointer = 10;
inline constexpr int kReturnAddress = 11;
#endif
inline constexpr int kStackPointer = kSavedRegisters;  // as a base of the CFA; in the caller it is the CFA
inline constexpr int kUntracked = -1;                  // any other register

struct DwarfExpression {
  const std::uint8_t* start = nullptr;
  const std::uint8_t* end = nullptr;
};

// How to step out of one frame.
struct FrameRule {
  enum class Saved : std::uint8_t { kSame, kAtCfa, kExpression, kUndefined };

  bool signal_frame = false;  // the caller was interrupted: its address is exact, not a return address
  bool cfa_is_expression = false;
  std::int8_t cfa_register = kStackPointer;
  std::int64_t cfa_offset = 0;
  DwarfExpression cfa_expression;
  Saved saved[kSavedRegisters] = {};
  std::int64_t offset[kSavedRegisters] = {};  // kAtCfa
  DwarfExpression expression[kSavedRegisters];
};

// The rule that holds at `pc`, which must lie in `module`. False when there is none or it can't be
// understood.
bool ReadFrameRule(const CodeModule& module, std::uintptr_t pc, FrameRule& rule);

// Where an expression finds what it asks for. Each returns false for what can't be had.
struct ExpressionInput {
  void* context;
  bool (*read_register)(void* context, unsigned dwarf_number, std::uintptr_t& value);
  bool (*read_word)(void* context, std::uintptr_t address, std::uintptr_t& value);
};

// `initial`: what stands on the expression's stack at its beginning, the CFA for a register's rule; null for
// none.
bool Evaluate(const DwarfExpression& expression, const ExpressionInput& input, const std::uintptr_t* initial,
              std::uintptr_t& result);

// The index of a DWARF register among the saved ones, kStackPointer, or kUntracked.
int SavedIndex(unsigned dwarf_number);

}  // namespace cleanslate
