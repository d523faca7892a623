#pragma once

// Gives every distinct call stack a dense number. Stacks are kept as a trie of (caller, return address)
// nodes, so that what they share at the outer end is stored once.
//
// Any thread. Finding a stack that is known takes no lock; a new node is added under a spin lock. Bounded:
// when the table is full, or the kernel refuses memory, Intern returns kNoStack and `refused` counts.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/spin_lock.h"
#include "record/stack_id.h"

namespace cleanslate {

class StackTable {
 public:
  static constexpr std::uint32_t kMaxNodes = std::uint32_t{1} << 21;
  static constexpr std::uint32_t kMaxStacks = std::uint32_t{1} << 20;

  // The site of everything whose stack isn't known: stacks are off, or the table is full.
  static constexpr StackId kNoStack{1};

  constexpr StackTable() = default;

  bool Open();

  // `frames`: return addresses, innermost first.
  StackId Intern(const std::uintptr_t* frames, int count);

  // Writes the return addresses of `stack`, innermost first, at most `most`, and returns how many there are.
  int Expand(StackId stack, std::uintptr_t* frames, int most) const;

  std::uint32_t stacks() const { return next_stack_.load(std::memory_order_relaxed) - 1; }
  std::int64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  std::size_t mapped_bytes() const;

  // In a child of fork, single-threaded.
  void Reset();

 private:
  struct Node {
    std::uintptr_t address;
    std::uint32_t caller;              // 0: the outermost frame
    std::atomic<std::uint32_t> stack;  // the stack that ends here; 0: none did yet
  };

  // Open addressing over node numbers. Replaced by one twice as large when it is half full; the old one stays
  // readable.
  struct Index {
    std::uint32_t mask;
    std::atomic<std::uint32_t> slots[1];  // mask + 1 of them
  };
  static constexpr std::uint32_t kFirstIndexSlots = std::uint32_t{1} << 12;

  static std::uint64_t Hash(std::uintptr_t address, std::uint32_t caller);
  std::uint32_t Find(const Index& index, std::uintptr_t address, std::uint32_t caller) const;
  std::uint32_t FindOrAdd(std::uintptr_t address, std::uint32_t caller);
  std::uint32_t Add(std::uintptr_t address, std::uint32_t caller);
  bool GrowIndex();
  StackId StackOf(std::uint32_t node);

  SpinLock lock_;
  Node* nodes_ = nullptr;
  std::uint32_t* ends_ = nullptr;  // by stack: its innermost node
  std::atomic<Index*> index_ = nullptr;
  std::atomic<std::uint32_t> next_node_ = 1;
  std::atomic<std::uint32_t> next_stack_ = 2;
  std::atomic<std::int64_t> refused_ = 0;
};

}  // namespace cleanslate
