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
    const std::size_t index = leaf_count_.fetch_add(1, std::memory_order_relaxed);
    if (index < kListed) listed_[index].store(fresh, std::memory_order_release);
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
  leaf_count_.store(0, std::memory_order_relaxed);
  for (auto& leaf : listed_) leaf.store(nullptr, std::memory_order_relaxed);
}

std::size_t BlockShadow::resident_bytes() const {
  constexpr std::size_t kPageBytes = 4096;
  constexpr std::size_t kStretch = 1024;  // pages asked about at once
  const std::size_t leaves = leaf_count_.load(std::memory_order_relaxed);
  std::size_t bytes = leaves > kListed ? (leaves - kListed) * LeafBytes() : 0;
  for (const auto& listed : listed_) {
    const auto start = reinterpret_cast<std::uintptr_t>(listed.load(std::memory_order_acquire));
    if (start == 0) continue;
    for (std::size_t at = 0; at < LeafBytes(); at += kStretch * kPageBytes) {
      unsigned char pages[kStretch];  // the lowest bit: resident (mincore(2))
      if (raw::Call(SYS_mincore, static_cast<long>(start + at), kStretch * kPageBytes,
                    reinterpret_cast<long>(pages)) != 0) {
        continue;
      }
      for (const unsigned char page : pages) bytes += (page & 1) * kPageBytes;
    }
  }
  return bytes;
}

}  // namespace cleanslate
