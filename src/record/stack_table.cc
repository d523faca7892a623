#include "record/stack_table.h"

#include "base/raw_io.h"

namespace cleanslate {

namespace {

// A table of this size is met at random, mostly outside of the processor's caches.
constexpr std::size_t kWorthHugePages = std::size_t{4} << 20;

constexpr std::size_t IndexBytes(std::uint32_t slots) {
  return sizeof(std::uint64_t) * (std::size_t{1} + slots);
}

}  // namespace

bool StackTable::Open() {
  if (nodes_ == nullptr) nodes_ = static_cast<NodeRecord*>(raw::MapPages(sizeof(NodeRecord) * kMaxNodes));
  if (ends_ == nullptr) ends_ = static_cast<Node*>(raw::MapPages(sizeof(*ends_) * kMaxStacks));
  if (index_.load(std::memory_order_relaxed) == nullptr) {
    auto* index = static_cast<Index*>(raw::MapPages(IndexBytes(kFirstIndexSlots)));
    if (index == nullptr) return false;
    index->mask = kFirstIndexSlots - 1;
    index_.store(index, std::memory_order_release);
  }
  if (next_node_.load(std::memory_order_relaxed) == 0) {
    next_node_.store(1, std::memory_order_relaxed);
    next_stack_.store(2, std::memory_order_relaxed);
  }
  return nodes_ != nullptr && ends_ != nullptr;
}

void StackTable::Put(Index& index, Path path, Node node) {
  auto at = static_cast<std::uint32_t>(path);
  while (index.slots[at & index.mask].load(std::memory_order_relaxed) != 0) ++at;
  index.slots[at & index.mask].store(SlotOf(path, node), std::memory_order_release);
}

StackTable::Node StackTable::Add(const Frame& frame, Node caller) {
  SpinLockHolder hold(lock_);
  // Another thread may have added it since.
  const Node known = FindNode(frame);
  if (known != 0) return known;
  const Node node = next_node_.load(std::memory_order_relaxed);
  const std::uint32_t slots = index_.load(std::memory_order_relaxed)->mask + 1;
  if (node >= kMaxNodes || (node >= slots / 2 && !GrowIndex())) return kNoNode;
  nodes_[node].path = frame.path;
  nodes_[node].address = frame.address;
  nodes_[node].caller = caller;
  Put(*index_.load(std::memory_order_relaxed), frame.path, node);
  next_node_.store(node + 1, std::memory_order_relaxed);
  return node;
}

bool StackTable::GrowIndex() {
  const Index& old = *index_.load(std::memory_order_relaxed);
  const std::uint32_t slots = (old.mask + 1) * 2;
  auto* grown = static_cast<Index*>(raw::MapPages(IndexBytes(slots)));
  if (grown == nullptr) return false;
  grown->mask = slots - 1;
  if (IndexBytes(slots) >= kWorthHugePages) {
    raw::AllowHugePages(grown, IndexBytes(slots));
    raw::AllowHugePages(nodes_, sizeof(NodeRecord) * kMaxNodes);
  }
  const Node count = next_node_.load(std::memory_order_relaxed);
  for (Node node = 1; node < count; ++node) Put(*grown, nodes_[node].path, node);
  // Readers may still stand in the old one: it stays mapped. All the old ones together are smaller than the
  // new one.
  index_.store(grown, std::memory_order_release);
  return true;
}

StackId StackTable::StackAt(Node node) {
  if (node == 0) return kNoStack;
  if (node != kNoNode) {
    SpinLockHolder hold(lock_);
    std::uint32_t stack = nodes_[node].stack.load(std::memory_order_relaxed);
    if (stack != 0) return StackId{stack};
    stack = next_stack_.load(std::memory_order_relaxed);
    if (stack < kMaxStacks) {
      ends_[stack] = node;
      next_stack_.store(stack + 1, std::memory_order_release);
      nodes_[node].stack.store(stack, std::memory_order_release);
      return StackId{stack};
    }
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return kNoStack;
}

StackId StackTable::Intern(const std::uintptr_t* addresses, int count) {
  Path path = kRoot;
  Node node = 0;
  for (int i = count - 1; i >= 0 && node != kNoNode; --i) {
    path = Extend(path, addresses[i]);
    node = Add({addresses[i], path}, node);
  }
  return StackAt(node);
}

int StackTable::Expand(StackId stack, std::uintptr_t* addresses, int most) const {
  const auto number = static_cast<std::uint32_t>(stack);
  if (number <= static_cast<std::uint32_t>(kNoStack) || number >= next_stack_.load(std::memory_order_acquire))
    return 0;
  int count = 0;
  for (Node node = ends_[number]; node != 0 && count < most; node = nodes_[node].caller) {
    addresses[count++] = nodes_[node].address;
  }
  return count;
}

std::size_t StackTable::mapped_bytes() const {
  const Index* index = index_.load(std::memory_order_acquire);
  if (index == nullptr) return 0;
  return sizeof(NodeRecord) * next_node_.load(std::memory_order_relaxed) +
         sizeof(*ends_) * next_stack_.load(std::memory_order_relaxed) + 2 * IndexBytes(index->mask + 1);
}

void StackTable::Reset() {
  lock_.Reset();
  if (nodes_ != nullptr) raw::UnmapPages(nodes_, sizeof(NodeRecord) * kMaxNodes);
  if (ends_ != nullptr) raw::UnmapPages(ends_, sizeof(*ends_) * kMaxStacks);
  // The index is left mapped: it is small, and nobody reads it any more.
  nodes_ = nullptr;
  ends_ = nullptr;
  index_.store(nullptr, std::memory_order_relaxed);
  next_node_.store(1, std::memory_order_relaxed);
  next_stack_.store(2, std::memory_order_relaxed);
  refused_.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
