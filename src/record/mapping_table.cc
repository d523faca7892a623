#include "record/mapping_table.h"

#include <algorithm>
#include <cstring>

#include "base/raw_io.h"

namespace cleanslate {

namespace {

std::size_t WholePages(std::size_t bytes) {
  return (bytes + raw::kPageBytes - 1) / raw::kPageBytes * raw::kPageBytes;
}

}  // namespace

bool MappingTable::Open() {
  if (mappings_ == nullptr) mappings_ = static_cast<Mapping*>(raw::MapPages(sizeof(Mapping) * kMaxMappings));
  return mappings_ != nullptr;
}

std::size_t MappingTable::FirstEndingAfter(std::uintptr_t address) const {
  std::size_t low = 0;
  std::size_t high = count_;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (mappings_[middle].end > address) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

void MappingTable::Insert(std::size_t at, const Mapping& mapping) {
  if (count_ == kMaxMappings) {
    ++refused_;
    return;
  }
  std::memmove(&mappings_[at + 1], &mappings_[at], (count_ - at) * sizeof(Mapping));
  mappings_[at] = mapping;
  ++count_;
}

void MappingTable::Erase(std::size_t at) {
  --count_;
  std::memmove(&mappings_[at], &mappings_[at + 1], (count_ - at) * sizeof(Mapping));
}

void MappingTable::RemoveLocked(std::uintptr_t start, std::uintptr_t end, Removed* removed) {
  std::size_t at = FirstEndingAfter(start);
  while (at < count_ && mappings_[at].start < end) {
    const Mapping whole = mappings_[at];
    if (removed != nullptr && removed->count < Removed::kMost) {
      removed->pieces[removed->count++] = {std::max(whole.start, start), std::min(whole.end, end),
                                           whole.birth, whole.of_file};
    }
    if (whole.start < start) {
      mappings_[at].end = start;
      ++at;
    } else {
      Erase(at);
    }
    if (end < whole.end) {
      Insert(at, {end, whole.end, whole.birth, whole.of_file});
      break;
    }
  }
}

// A MAP_FIXED replaces what was there. Pieces that were one become one again.
void MappingTable::AddLocked(const Mapping& mapping) {
  RemoveLocked(mapping.start, mapping.end, nullptr);
  Mapping added = mapping;
  std::size_t at = FirstEndingAfter(added.start);
  const auto is_of_it = [&](const Mapping& other) {
    return other.birth.stack == added.birth.stack && other.birth.window == added.birth.window &&
           other.of_file == added.of_file;
  };
  if (at < count_ && mappings_[at].start == added.end && is_of_it(mappings_[at])) {
    added.end = mappings_[at].end;
    Erase(at);
  }
  if (at > 0 && mappings_[at - 1].end == added.start && is_of_it(mappings_[at - 1])) {
    added.start = mappings_[at - 1].start;
    Erase(--at);
  }
  Insert(at, added);
}

void MappingTable::Add(std::uintptr_t start, std::size_t bytes, Birth birth, bool of_file) {
  SpinLockHolder hold(lock_);
  if (mappings_ == nullptr) return;
  RemoveLocked(start, start + WholePages(bytes), nullptr);
  Insert(FirstEndingAfter(start), {start, start + WholePages(bytes), birth, of_file});
}

MappingTable::Removed MappingTable::Remove(std::uintptr_t start, std::size_t bytes) {
  Removed removed;
  // The kernel takes nothing that doesn't begin with a page.
  if (start % raw::kPageBytes != 0) return removed;
  SpinLockHolder hold(lock_);
  RemoveLocked(start, start + WholePages(bytes), &removed);
  return removed;
}

void MappingTable::PutBack(const Removed& removed) {
  SpinLockHolder hold(lock_);
  for (std::size_t i = 0; i < removed.count; ++i) AddLocked(removed.pieces[i]);
}

void MappingTable::Reset() {
  lock_.Reset();
  count_ = 0;
  refused_ = 0;
}

}  // namespace cleanslate
