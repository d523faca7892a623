#pragma once

// The memory of our own objects: mapped pages, apart from the host's allocator, so that our blocks never
// appear in the host's books, nor depend on a lock that the host may hold. Power-of-two classes with free
// lists; a large block is a mapping of its own. 16-byte aligned. Any thread; a child of fork calls Reset(),
// which forgets every block.
//
// Bounded: beyond `kLimitBytes` Allocate returns nullptr, as it does when the kernel refuses pages.

#include <atomic>
#include <cstddef>

#include "base/spin_lock.h"

namespace cleanslate {

class InternalHeap {
 public:
  static constexpr std::size_t kLimitBytes = std::size_t{256} << 20;

  constexpr InternalHeap() = default;

  void* Allocate(std::size_t bytes);
  void Free(void* block);
  void Reset();

  // Bytes of pages mapped now.
  std::size_t mapped_bytes() const { return mapped_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kSmallestClass = 5;  // 32 bytes, header included
  static constexpr int kLargestClass = 16;  // 64 KiB
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

  struct Header {
    std::size_t mapped;  // of a large block; 0: of a class
    std::size_t size_class;
  };
  struct FreeBlock {
    FreeBlock* next;
  };

  void* Map(std::size_t bytes);

  SpinLock lock_;
  FreeBlock* free_[kLargestClass + 1] = {};
  char* chunk_ = nullptr;
  std::size_t chunk_left_ = 0;
  std::atomic<std::size_t> mapped_bytes_ = 0;
};

// The one heap of this process.
extern constinit InternalHeap internal_heap;

}  // namespace cleanslate
