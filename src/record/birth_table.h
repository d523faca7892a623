#pragma once

// Who made a thing, and when, by a 64-bit key: a file's device and inode, a process id, a variable's name.
// Fixed in size; the oldest birth gives way when the table is full, so that an answer may be missing but is
// never another thing's.
//
// Any thread, under a spin lock: these calls are system calls anyway.

#include <cstddef>
#include <cstdint>

#include "base/spin_lock.h"
#include "record/birth.h"

namespace cleanslate {

template <std::size_t kSlots, typename Birth = cleanslate::Birth>
class BirthTable {
 public:
  static_assert((kSlots & (kSlots - 1)) == 0, "the hash is masked");

  constexpr BirthTable() = default;

  void Put(std::uint64_t key, Birth birth) {
    SpinLockHolder hold(lock_);
    Entry* const bucket = Bucket(key);
    Entry* chosen = &bucket[0];
    for (std::size_t way = 0; way < kWays; ++way) {
      if (bucket[way].used && bucket[way].key == key) {
        chosen = &bucket[way];
        break;
      }
      if (!bucket[way].used || (chosen->used && bucket[way].age < chosen->age)) chosen = &bucket[way];
    }
    *chosen = {key, birth, ++clock_, true};
  }

  // Kept when the real call that ends the thing fails: see Put.
  Birth Take(std::uint64_t key) {
    SpinLockHolder hold(lock_);
    Entry* const entry = Find(key);
    if (entry == nullptr) return {};
    entry->used = false;
    return entry->birth;
  }

  Birth Get(std::uint64_t key) {
    SpinLockHolder hold(lock_);
    const Entry* const entry = Find(key);
    return entry == nullptr ? Birth{} : entry->birth;
  }

  // In a child of fork, single-threaded.
  void Reset() {
    lock_.Reset();
    for (Entry& entry : entries_) entry.used = false;
  }

 private:
  static constexpr std::size_t kWays = 8;

  struct Entry {
    std::uint64_t key;
    Birth birth;
    std::uint32_t age;
    bool used;
  };

  Entry* Bucket(std::uint64_t key) {
    const std::uint64_t hash = (key * 0x9E3779B97F4A7C15u) >> 20;
    return &entries_[hash & (kSlots - 1) & ~(kWays - 1)];
  }
  Entry* Find(std::uint64_t key) {
    Entry* const bucket = Bucket(key);
    for (std::size_t way = 0; way < kWays; ++way) {
      if (bucket[way].used && bucket[way].key == key) return &bucket[way];
    }
    return nullptr;
  }

  SpinLock lock_;
  std::uint32_t clock_ = 0;
  Entry entries_[kSlots] = {};
};

}  // namespace cleanslate
