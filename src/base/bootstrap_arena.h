#pragma once

// Serves the allocations that the dynamic linker makes while it looks up the real allocator: dlsym(3) may
// call calloc before there is one to forward to. A bump pointer over static storage; nothing is ever given
// back. free() asks Owns(). One thread: it is used before main only.

#include <cstddef>

namespace cleanslate {

class BootstrapArena {
 public:
  constexpr BootstrapArena() = default;

  // Zeroed, 16-byte aligned; nullptr when the arena is used up.
  void* Allocate(std::size_t bytes);
  // `block` is ours; copies what fits.
  void* Reallocate(void* block, std::size_t bytes);
  bool Owns(const void* block) const {
    return block >= static_cast<const void*>(storage_) && block < static_cast<const void*>(storage_ + kBytes);
  }

 private:
  static constexpr std::size_t kBytes = 64 * 1024;
  alignas(16) char storage_[kBytes] = {};
  std::size_t used_ = 0;
};

extern constinit BootstrapArena bootstrap_arena;

}  // namespace cleanslate
