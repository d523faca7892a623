#include "probe/python/block_map.h"

#include <atomic>
#include <new>

#include "base/internal_heap.h"

namespace cleanslate {

bool PythonBlockMap::Begin() {
  Clear();
  void* const memory = internal_heap.Allocate((kPlaceMask + 1) * sizeof(Piece));
  if (memory == nullptr) return false;
  pieces_ = new (memory) Piece[kPlaceMask + 1];
  return true;
}

void PythonBlockMap::Clear() {
  for (std::size_t at = 0; pieces_ != nullptr && at <= kPlaceMask; ++at)
    internal_heap.Free(pieces_[at].marks);
  internal_heap.Free(pieces_);
  *this = PythonBlockMap();
}

std::uint32_t* PythonBlockMap::Add(std::uintptr_t address) {
  if (count_ == kMostPieces) return nullptr;
  // So large that it is a mapping of its own, of zeros.
  auto* const marks =
      static_cast<std::uint32_t*>(internal_heap.Allocate((kMarkMask + 1) * sizeof(std::uint32_t)));
  if (marks == nullptr) return nullptr;
  const std::uintptr_t number = address >> kPieceShift;
  std::size_t at = number & kPlaceMask;
  while (pieces_[at].marks != nullptr) at = (at + 1) & kPlaceMask;
  ++count_;
  pieces_[at].marks = marks;
  // Another interpreter's thread may be looking for a block of its own.
  std::atomic_thread_fence(std::memory_order_release);
  pieces_[at].number = number;
  return Find(address);
}

}  // namespace cleanslate
