#include "record/block_shadow.h"

#include "base/raw_io.h"

namespace cleanslate {

namespace {

constexpr std::size_t kDirectoryEntries = std::size_t{1} << 22;  // 2^48 bytes of addresses in leaves of 2^26

}  // namespace

bool BlockShadow::Open(int unit_shift) {
  static_assert(kDirectoryEntries == std::size_t{1} << (kAddressBits - kLeafBits));
  unit_shift_ = unit_shift;
  if (directory_ == nullptr) {
    directory_ = static_cast<std::atomic<Leaf*>*>(raw::MapPages(kDirectoryEntries * sizeof(*directory_)));
  }
  return directory_ != nullptr;
}

std::atomic<std::uint64_t>* BlockShadow::MapSlot(const void* address) {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  if (number >> kAddressBits != 0) return nullptr;
  auto* fresh = static_cast<Leaf*>(raw::MapPages(LeafBytes()));
  if (fresh == nullptr) return nullptr;
  Leaf* expected = nullptr;
  if (directory_[number >> kLeafBits].compare_exchange_strong(expected, fresh, std::memory_order_acq_rel)) {
    mapped_bytes_.fetch_add(LeafBytes(), std::memory_order_relaxed);
  } else {
    raw::UnmapPages(fresh, LeafBytes());
  }
  return Slot(address);
}

void BlockShadow::Reset() {
  if (directory_ == nullptr) return;
  // Most of the directory was never touched; looking at it would make it resident, so it is mapped anew.
  raw::UnmapPages(directory_, kDirectoryEntries * sizeof(*directory_));
  directory_ = nullptr;
  mapped_bytes_.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
