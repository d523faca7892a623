#pragma once

// The blocks that were born while lines are watched, by where they are. Open addressing, half full at most;
// it doubles until `kMostBlocks`, and memory that it has left behind stays mapped until Clear: whoever reads
// it without the interpreter's lock, which CPython forbids, reads nonsense and doesn't fault. All searches
// are bounded.
//
// HOT; with the interpreter's lock. In our own mapped memory.

#include <cstddef>
#include <cstdint>

namespace cleanslate {

struct PythonBlock {
  std::uintptr_t address = 0;
  std::uint32_t bytes = 0;
  std::uint32_t mark = 0;
};

class PythonBlockTable {
 public:
  static constexpr std::size_t kMostBlocks = std::size_t{1} << 19;

  constexpr PythonBlockTable() = default;

  // False: there is no memory for it.
  bool Begin();
  void Clear();

  // False: it is full. A block that is there already gets the new bytes and mark.
  bool Insert(std::uintptr_t address, std::size_t bytes, std::uint32_t mark);
  PythonBlock* Find(std::uintptr_t address) {
    for (std::size_t at = PlaceOf(address), steps = 0; steps <= mask_; at = (at + 1) & mask_, ++steps) {
      if (places_[at].address == address) return &places_[at];
      if (places_[at].address == 0) break;
    }
    return nullptr;
  }
  void Remove(PythonBlock* block);

  template <typename Visit>
  void ForEach(Visit visit) const {
    for (std::size_t at = 0; places_ != nullptr && at <= mask_; ++at)
      if (places_[at].address != 0) visit(places_[at]);
  }
  std::size_t size() const { return used_; }

 private:
  static constexpr std::size_t kFirstPlaces = std::size_t{1} << 14;
  static constexpr int kMostTables = 8;

  // Blocks lie at multiples of 16 bytes, side by side.
  std::size_t PlaceOf(std::uintptr_t address) const {
    return (address >> 4) * std::uint64_t{0x9E3779B97F4A7C15} >> shift_;
  }
  bool Grow();
  void Put(const PythonBlock& block);

  PythonBlock* places_ = nullptr;
  std::size_t mask_ = 0;
  int shift_ = 63;
  std::size_t used_ = 0;
  int tables_ = 0;
  PythonBlock* mapped_[kMostTables] = {};
};

}  // namespace cleanslate
