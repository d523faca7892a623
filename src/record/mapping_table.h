#pragma once

// The regions that interposed mmap and mremap calls made and that are still mapped, with their births. Pieces
// that munmap or a MAP_FIXED cuts out leave the rest. Whole pages, as the kernel sees them (mmap(2)). Fixed
// in number; what finds no room is counted.
//
// Any thread, under a spin lock.

#include <cstddef>
#include <cstdint>

#include "base/spin_lock.h"
#include "record/birth_table.h"

namespace cleanslate {

struct Mapping {
  std::uintptr_t start = 0;
  std::uintptr_t end = 0;
  Birth birth;
  bool of_file = false;  // its pages are the file's, and no memory of the process until they are written to

  std::size_t bytes() const { return end - start; }
};

class MappingTable {
 public:
  static constexpr std::size_t kMaxMappings = 16384;

  constexpr MappingTable() = default;

  bool Open();
  void Add(std::uintptr_t start, std::size_t bytes, Birth birth, bool of_file);
  // What was taken away, so that it can be put back when the real call failed. The kernel refuses more pieces
  // than these only where it would have to split the ones at the ends.
  struct Removed {
    static constexpr std::size_t kMost = 32;
    std::size_t count = 0;
    Mapping pieces[kMost];
  };
  Removed Remove(std::uintptr_t start, std::size_t bytes);
  void PutBack(const Removed& removed);

  // Calls `visit(mapping)` for each, by ascending address, with the lock held: it must not call out.
  template <typename Visit>
  void ForEach(Visit visit) {
    SpinLockHolder hold(lock_);
    for (std::size_t i = 0; i < count_; ++i) visit(mappings_[i]);
  }
  std::size_t count() const { return count_; }
  std::int64_t refused() const { return refused_; }

  // In a child of fork, single-threaded.
  void Reset();

 private:
  std::size_t FirstEndingAfter(std::uintptr_t address) const;
  void AddLocked(const Mapping& mapping);
  void RemoveLocked(std::uintptr_t start, std::uintptr_t end, Removed* removed);
  void Insert(std::size_t at, const Mapping& mapping);
  void Erase(std::size_t at);

  SpinLock lock_;
  Mapping* mappings_ = nullptr;  // by ascending address, none overlapping
  std::size_t count_ = 0;
  std::int64_t refused_ = 0;
};

}  // namespace cleanslate
