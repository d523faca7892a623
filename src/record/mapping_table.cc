#include "record/mapping_table.h"

#include <cstring>

#include "base/raw_io.h"

namespace cleanslate {

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

Birth MappingTable::RemoveLocked(std::uintptr_t start, std::uintptr_t end) {
  std::size_t at = FirstEndingAfter(start);
  const Birth first = at < count_ && mappings_[at].start < end ? mappings_[at].birth : Birth{};
  while (at < count_ && mappings_[at].start < end) {
    Mapping& mapping = mappings_[at];
    const Mapping tail = {end, mapping.end, mapping.birth};
    if (mapping.start < start) {
      mapping.end = start;
      ++at;
    } else {
      Erase(at);
    }
    if (tail.start < tail.end) {
      Insert(at, tail);
      break;
    }
  }
  return first;
}

void MappingTable::Add(std::uintptr_t start, std::size_t bytes, Birth birth) {
  SpinLockHolder hold(lock_);
  if (mappings_ == nullptr) return;
  // A MAP_FIXED replaces what was there.
  RemoveLocked(start, start + bytes);
  Insert(FirstEndingAfter(start), {start, start + bytes, birth});
}

Birth MappingTable::Remove(std::uintptr_t start, std::size_t bytes) {
  SpinLockHolder hold(lock_);
  return RemoveLocked(start, start + bytes);
}

void MappingTable::Reset() {
  lock_.Reset();
  count_ = 0;
  refused_ = 0;
}

}  // namespace cleanslate
