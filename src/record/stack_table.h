#pragma once

// Gives every distinct call stack a dense number. Stacks are kept as a trie of (caller, address) nodes, so
// that what they share at the outer end is stored once. A node is found by the hash of its whole path from
// the root: a known stack takes one look-up, not one a frame. Hashes have 64 well mixed bits and are compared
// whole, together with the innermost address: among the million stacks that there is room for, two that are
// taken for one are less likely than 2^-70.
//
// Any thread. Finding a stack that is known takes no lock; nodes are added under a spin lock. Bounded: when
// the table is full, or the kernel refuses memory, the stack is kNoStack and `refused` counts.

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

  // A path: that of a frame and all that is outward of it.
  using Path = std::uint64_t;
  static constexpr Path kRoot = 0xA0761D6478BD642Fu;  // outward of the outermost frame
  // That of a frame at `address` whose caller's is `caller`. (A folded multiplication, as in wyhash.)
  static Path Extend(Path caller, std::uintptr_t address) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{caller ^ 0x9E3779B97F4A7C15u} * (address ^ 0xE7037ED1A0B428DBu);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  struct Frame {
    std::uintptr_t address;
    Path path;
  };

  constexpr StackTable() = default;

  bool Open();

  // kNone when the stack that ends with `innermost` isn't known yet.
  StackId Find(const Frame& innermost) const {
    const Node node = FindNode(innermost);
    return node == 0 ? StackId::kNone : StackId{nodes_[node].stack.load(std::memory_order_acquire)};
  }

  // What Find will look at first, for a caller that has something else to do meanwhile.
  void Prefetch(Path path) const {
    const Index& index = *index_.load(std::memory_order_acquire);
    __builtin_prefetch(&index.slots[static_cast<std::uint32_t>(path) & index.mask]);
  }

  // The stack of `count` frames; `frame_at(i)` gives the i-th, innermost first.
  template <typename FrameAt>
  StackId Intern(int count, FrameAt frame_at) {
    int missing = 0;
    Node node = 0;
    while (missing < count && (node = FindNode(frame_at(missing))) == 0) ++missing;
    while (missing > 0 && node != kNoNode) node = Add(frame_at(--missing), node);
    return StackAt(node);
  }
  // The same of addresses alone.
  StackId Intern(const std::uintptr_t* addresses, int count);

  // Writes the addresses of `stack`, innermost first, at most `most`, and returns how many there are.
  int Expand(StackId stack, std::uintptr_t* addresses, int most) const;

  std::uint32_t stacks() const { return next_stack_.load(std::memory_order_relaxed) - 1; }
  std::int64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  std::size_t mapped_bytes() const;

  // In a child of fork, single-threaded.
  void Reset();

 private:
  using Node = std::uint32_t;                // 0: the root
  static constexpr Node kNoNode = ~Node{0};  // there was no room for it

  struct NodeRecord {
    Path path;
    std::uintptr_t address;
    Node caller;
    std::atomic<std::uint32_t> stack;  // the stack that ends here; 0: none did yet
  };

  // Open addressing over node numbers, each beside a part of its path. Replaced by one twice as large when it
  // is half full; the old one stays readable.
  struct Index {
    std::uint32_t mask;
    std::atomic<std::uint64_t> slots[1];  // mask + 1 of them: the path's upper half, the node; 0: empty
  };
  static constexpr std::uint32_t kFirstIndexSlots = std::uint32_t{1} << 12;

  static std::uint64_t SlotOf(Path path, Node node) { return (path & 0xffff'ffff'0000'0000u) | node; }

  Node FindNode(const Frame& frame) const { return FindNode(*index_.load(std::memory_order_acquire), frame); }
  Node FindNode(const Index& index, const Frame& frame) const {
    for (auto at = static_cast<std::uint32_t>(frame.path);; ++at) {
      const std::uint64_t slot = index.slots[at & index.mask].load(std::memory_order_acquire);
      if (slot == 0) return 0;
      const auto node = static_cast<Node>(slot);
      if (slot == SlotOf(frame.path, node) && nodes_[node].path == frame.path &&
          nodes_[node].address == frame.address) {
        return node;
      }
    }
  }
  Node Add(const Frame& frame, Node caller);
  static void Put(Index& index, Path path, Node node);
  bool GrowIndex();
  StackId StackAt(Node node);

  SpinLock lock_;
  NodeRecord* nodes_ = nullptr;
  Node* ends_ = nullptr;  // by stack: its innermost node
  std::atomic<Index*> index_ = nullptr;
  std::atomic<Node> next_node_ = 0;  // 1 and 2 from Open on
  std::atomic<std::uint32_t> next_stack_ = 0;
  std::atomic<std::int64_t> refused_ = 0;
};

}  // namespace cleanslate
