#pragma once

// A mark for each small block that was born while lines are watched: 4 bytes for 16 of address space, in
// pieces for a MiB each that are mapped when a block lies there and touched where blocks are. Neighbours'
// marks are neighbours, so that they cost what the blocks cost the processor's caches.
//
// Bounded by kMostPieces. Pieces stay until Clear: whoever looks without the interpreter's lock, which
// CPython forbids, reads nonsense and doesn't fault.
//
// HOT; with the interpreter's lock. In our own mapped memory.

#include <cstddef>
#include <cstdint>

namespace cleanslate {

class PythonBlockMap {
 public:
  static constexpr std::size_t kMostPieces = 256;

  constexpr PythonBlockMap() = default;

  // False: there is no memory for it.
  bool Begin();
  void Clear();

  // The block's mark, 0 where it has none; null: nor has any block near it.
  std::uint32_t* Find(std::uintptr_t address) const {
    const std::uintptr_t number = address >> kPieceShift;
    for (std::size_t at = number & kPlaceMask;; at = (at + 1) & kPlaceMask) {
      const Piece& piece = pieces_[at];
      if (piece.number == number) return &piece.marks[(address >> kBlockShift) & kMarkMask];
      if (piece.marks == nullptr) return nullptr;
    }
  }
  // False: there is no room.
  bool Set(std::uintptr_t address, std::uint32_t mark) {
    std::uint32_t* place = Find(address);
    if (place == nullptr && (place = Add(address)) == nullptr) return false;
    *place = mark;
    return true;
  }

  // visit(address, mark)
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (std::size_t at = 0; pieces_ != nullptr && at <= kPlaceMask; ++at) {
      const Piece& piece = pieces_[at];
      if (piece.marks == nullptr) continue;
      for (std::size_t i = 0; i <= kMarkMask; ++i)
        if (piece.marks[i] != 0) visit(piece.number << kPieceShift | i << kBlockShift, piece.marks[i]);
    }
  }

 private:
  static constexpr int kPieceShift = 20, kBlockShift = 4;
  static constexpr std::size_t kMarkMask = (std::size_t{1} << (kPieceShift - kBlockShift)) - 1;
  static constexpr std::size_t kPlaceMask = 4 * kMostPieces - 1;  // never full: all searches end

  struct Piece {
    std::uintptr_t number = 0;
    std::uint32_t* marks = nullptr;
  };
  std::uint32_t* Add(std::uintptr_t address);

  Piece* pieces_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace cleanslate
