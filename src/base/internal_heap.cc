#include "base/internal_heap.h"

#include "base/raw_io.h"

namespace cleanslate {

constinit InternalHeap internal_heap;

namespace {

constexpr std::size_t RoundUp(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

void* InternalHeap::Map(std::size_t bytes) {
  if (mapped_bytes() + bytes > kLimitBytes) return nullptr;
  void* pages = raw::MapPages(bytes);
  if (pages != nullptr) mapped_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return pages;
}

void* InternalHeap::Allocate(std::size_t bytes) {
  if (bytes > kLimitBytes) return nullptr;
  const std::size_t needed = bytes + sizeof(Header);
  if (needed > (std::size_t{1} << kLargestClass)) {
    const std::size_t mapped = RoundUp(needed, raw::kPageBytes);
    auto* header = static_cast<Header*>(Map(mapped));
    if (header == nullptr) return nullptr;
    *header = {mapped, 0};
    return header + 1;
  }
  int size_class = kSmallestClass;
  while ((std::size_t{1} << size_class) < needed) ++size_class;
  const std::size_t block_bytes = std::size_t{1} << size_class;

  SpinLockHolder hold(lock_);
  void* block = free_[size_class];
  if (block != nullptr) {
    free_[size_class] = free_[size_class]->next;
  } else {
    if (chunk_left_ < block_bytes) {
      auto* chunk = static_cast<char*>(Map(kChunkBytes));
      if (chunk == nullptr) return nullptr;
      chunk_ = chunk;
      chunk_left_ = kChunkBytes;
    }
    block = chunk_;
    chunk_ += block_bytes;
    chunk_left_ -= block_bytes;
  }
  auto* header = static_cast<Header*>(block);
  *header = {0, static_cast<std::size_t>(size_class)};
  return header + 1;
}

void InternalHeap::Free(void* block) {
  if (block == nullptr) return;
  auto* header = static_cast<Header*>(block) - 1;
  if (header->mapped != 0) {
    mapped_bytes_.fetch_sub(header->mapped, std::memory_order_relaxed);
    raw::UnmapPages(header, header->mapped);
    return;
  }
  const std::size_t size_class = header->size_class;
  auto* free_block = reinterpret_cast<FreeBlock*>(header);
  SpinLockHolder hold(lock_);
  free_block->next = free_[size_class];
  free_[size_class] = free_block;
}

void InternalHeap::Reset() {
  lock_.Reset();
  for (auto& list : free_) list = nullptr;
  chunk_ = nullptr;
  chunk_left_ = 0;
  mapped_bytes_.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
