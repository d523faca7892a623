#include "base/bootstrap_arena.h"

#include <cstring>

namespace cleanslate {

constinit BootstrapArena bootstrap_arena;

void* BootstrapArena::Allocate(std::size_t bytes) {
  if (bytes > kBytes) return nullptr;
  const std::size_t rounded = (bytes + 15) / 16 * 16;
  if (rounded > kBytes - used_) return nullptr;
  void* block = storage_ + used_;
  used_ += rounded;
  return block;
}

void* BootstrapArena::Reallocate(void* block, std::size_t bytes) {
  void* moved = Allocate(bytes);
  if (moved == nullptr) return nullptr;
  // The old size isn't kept: what follows the old block in the arena is ours to read.
  const std::size_t readable = static_cast<std::size_t>(storage_ + kBytes - static_cast<char*>(block));
  std::memmove(moved, block, bytes < readable ? bytes : readable);
  return moved;
}

}  // namespace cleanslate
