#include "record/stack_table.h"

#include "base/raw_io.h"

namespace cleanslate {

namespace {

constexpr std::size_t IndexBytes(std::uint32_t slots) {
  return sizeof(std::uint32_t) * (std::size_t{1} + slots);
}

}  // namespace

bool StackTable::Open() {
  if (nodes_ == nullptr) nodes_ = static_cast<Node*>(raw::MapPages(sizeof(Node) * kMaxNodes));
  if (ends_ == nullptr) ends_ = static_cast<std::uint32_t*>(raw::MapPages(sizeof(*ends_) * kMaxStacks));
  if (index_.load(std::memory_order_relaxed) == nullptr) {
    auto* index = static_cast<Index*>(raw::MapPages(IndexBytes(kFirstIndexSlots)));
    if (index == nullptr) return false;
    index->mask = kFirstIndexSlots - 1;
    index_.store(index, std::memory_order_release);
  }
  return nodes_ != nullptr && ends_ != nullptr;
}

std::uint64_t StackTable::Hash(std::uintptr_t address, std::uint32_t caller) {
  std::uint64_t hash = (address ^ (std::uint64_t{caller} << 40)) * 0x9E3779B97F4A7C15u;
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93u;
  return hash ^ (hash >> 32);
}

std::uint32_t StackTable::Find(const Index& index, std::uintptr_t address, std::uint32_t caller) const {
  for (std::uint64_t slot = Hash(address, caller);; ++slot) {
    const std::uint32_t node = index.slots[slot & index.mask].load(std::memory_order_acquire);
    if (node == 0) return 0;
    if (nodes_[node].address == address && nodes_[node].caller == caller) return node;
  }
}

std::uint32_t StackTable::FindOrAdd(std::uintptr_t address, std::uint32_t caller) {
  const std::uint32_t node = Find(*index_.load(std::memory_order_acquire), address, caller);
  return node != 0 ? node : Add(address, caller);
}

std::uint32_t StackTable::Add(std::uintptr_t address, std::uint32_t caller) {
  SpinLockHolder hold(lock_);
  // Another thread may have added it since.
  const std::uint32_t known = Find(*index_.load(std::memory_order_relaxed), address, caller);
  if (known != 0) return known;
  const std::uint32_t node = next_node_.load(std::memory_order_relaxed);
  const std::uint32_t slots = index_.load(std::memory_order_relaxed)->mask + 1;
  if (node >= kMaxNodes || (node >= slots / 2 && !GrowIndex())) return 0;
  nodes_[node].address = address;
  nodes_[node].caller = caller;
  Index& index = *index_.load(std::memory_order_relaxed);
  std::uint64_t slot = Hash(address, caller);
  while (index.slots[slot & index.mask].load(std::memory_order_relaxed) != 0) ++slot;
  index.slots[slot & index.mask].store(node, std::memory_order_release);
  next_node_.store(node + 1, std::memory_order_relaxed);
  return node;
}

bool StackTable::GrowIndex() {
  const Index& old = *index_.load(std::memory_order_relaxed);
  const std::uint32_t slots = (old.mask + 1) * 2;
  auto* grown = static_cast<Index*>(raw::MapPages(IndexBytes(slots)));
  if (grown == nullptr) return false;
  grown->mask = slots - 1;
  for (std::uint32_t node = 1; node < next_node_.load(std::memory_order_relaxed); ++node) {
    std::uint64_t slot = Hash(nodes_[node].address, nodes_[node].caller);
    while (grown->slots[slot & grown->mask].load(std::memory_order_relaxed) != 0) ++slot;
    grown->slots[slot & grown->mask].store(node, std::memory_order_relaxed);
  }
  // Readers may still stand in the old one: it stays mapped. All the old ones together are smaller than the
  // new one.
  index_.store(grown, std::memory_order_release);
  return true;
}

StackId StackTable::StackOf(std::uint32_t node) {
  std::uint32_t stack = nodes_[node].stack.load(std::memory_order_acquire);
  if (stack != 0) return StackId{stack};
  SpinLockHolder hold(lock_);
  stack = nodes_[node].stack.load(std::memory_order_relaxed);
  if (stack != 0) return StackId{stack};
  stack = next_stack_.load(std::memory_order_relaxed);
  if (stack >= kMaxStacks) return StackId::kNone;
  next_stack_.store(stack + 1, std::memory_order_relaxed);
  ends_[stack] = node;
  nodes_[node].stack.store(stack, std::memory_order_release);
  return StackId{stack};
}

StackId StackTable::Intern(const std::uintptr_t* frames, int count) {
  if (count == 0) return kNoStack;
  std::uint32_t node = 0;
  for (int i = count - 1; i >= 0; --i) {
    node = FindOrAdd(frames[i], node);
    if (node == 0) break;
  }
  const StackId stack = node == 0 ? StackId::kNone : StackOf(node);
  if (stack != StackId::kNone) return stack;
  refused_.fetch_add(1, std::memory_order_relaxed);
  return kNoStack;
}

int StackTable::Expand(StackId stack, std::uintptr_t* frames, int most) const {
  const auto number = static_cast<std::uint32_t>(stack);
  if (number <= static_cast<std::uint32_t>(kNoStack) || number >= next_stack_.load(std::memory_order_acquire))
    return 0;
  int count = 0;
  for (std::uint32_t node = ends_[number]; node != 0 && count < most; node = nodes_[node].caller) {
    frames[count++] = nodes_[node].address;
  }
  return count;
}

std::size_t StackTable::mapped_bytes() const {
  const Index* index = index_.load(std::memory_order_acquire);
  if (index == nullptr) return 0;
  return sizeof(Node) * next_node_.load(std::memory_order_relaxed) +
         sizeof(*ends_) * next_stack_.load(std::memory_order_relaxed) + 2 * IndexBytes(index->mask + 1);
}

void StackTable::Reset() {
  lock_.Reset();
  if (nodes_ != nullptr) raw::UnmapPages(nodes_, sizeof(Node) * kMaxNodes);
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
