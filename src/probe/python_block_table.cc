#include "probe/python_block_table.h"

#include <bit>

#include "base/internal_heap.h"

namespace cleanslate {

bool PythonBlockTable::Begin() {
  Clear();
  return Grow();
}

void PythonBlockTable::Clear() {
  for (int i = 0; i < tables_; ++i) internal_heap.Free(mapped_[i]);
  *this = PythonBlockTable();
}

bool PythonBlockTable::Grow() {
  const std::size_t count = places_ == nullptr ? kFirstPlaces : 2 * (mask_ + 1);
  if (count > 2 * kMostBlocks || tables_ == kMostTables) return false;
  // So large that it is a mapping of its own, of zeros.
  auto* const places = static_cast<PythonBlock*>(internal_heap.Allocate(count * sizeof(PythonBlock)));
  if (places == nullptr) return false;
  const PythonBlock* const old = places_;
  const std::size_t old_count = old == nullptr ? 0 : mask_ + 1;
  mapped_[tables_++] = places;
  places_ = places;
  mask_ = count - 1;
  shift_ = 64 - std::countr_zero(count);
  for (std::size_t i = 0; i < old_count; ++i)
    if (old[i].address != 0) Put(old[i]);
  return true;
}

void PythonBlockTable::Put(const PythonBlock& block) {
  std::size_t at = PlaceOf(block.address);
  for (std::size_t steps = 0; steps <= mask_ && places_[at].address != 0; ++steps) at = (at + 1) & mask_;
  places_[at] = block;
}

bool PythonBlockTable::Insert(std::uintptr_t address, std::size_t bytes, std::uint32_t mark) {
  if (places_ == nullptr) return false;
  constexpr std::size_t kMostBytes = ~std::uint32_t{0};
  const PythonBlock block = {address, static_cast<std::uint32_t>(bytes < kMostBytes ? bytes : kMostBytes),
                             mark};
  std::size_t at = PlaceOf(address);
  for (std::size_t steps = 0; steps <= mask_; ++steps, at = (at + 1) & mask_) {
    if (places_[at].address == address) {
      places_[at] = block;
      return true;
    }
    if (places_[at].address != 0) continue;
    if (2 * (used_ + 1) > mask_ + 1) {
      if (!Grow()) return false;
      ++used_;
      Put(block);
      return true;
    }
    ++used_;
    places_[at] = block;
    return true;
  }
  return false;
}

// What follows moves up, so that no search ends too early.
void PythonBlockTable::Remove(PythonBlock* block) {
  auto hole = static_cast<std::size_t>(block - places_);
  --used_;
  std::size_t at = hole;
  for (std::size_t steps = 0; steps <= mask_; ++steps) {
    at = (at + 1) & mask_;
    if (places_[at].address == 0) break;
    const std::size_t home = PlaceOf(places_[at].address);
    if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
    places_[hole] = places_[at];
    hole = at;
  }
  places_[hole] = {};
}

}  // namespace cleanslate
