#include "record/stack_memo.h"

#include <cstring>
#include <utility>

namespace cleanslate {

StackId StackMemo::FindBehind(const CallSite& site, std::uint64_t hash) {
  Way(&set)[kWays] = sets_[hash % kSets];
  for (std::size_t way = 1; way < kWays; ++way) {
    if (set[way].tag != TagOf(hash) || !EntryAt(set[way]).Holds(site)) continue;
    // What is found often comes to the front, step by step, so that two that alternate don't push each other.
    const StackId stack = EntryAt(set[way]).stack;
    std::swap(set[way], set[way - 1]);
    return stack;
  }
  return StackId::kNone;
}

void StackMemo::Remember(const CallSite& site, std::uint32_t generation, const StackReads& reads,
                         StackId stack) {
  if (reads.overflow || reads.count == 0) return;
  const auto offset_of = [&](std::uint32_t i) {
    return static_cast<std::intptr_t>(reads.addresses[i] - site.sp);
  };
  const auto read = static_cast<std::uint32_t>(reads.count);
  for (std::uint32_t i = 0; i < read; ++i) {
    if (offset_of(i) % 8 != 0 || offset_of(i) / 8 < INT16_MIN || offset_of(i) / 8 > INT16_MAX) return;
  }

  const std::uint32_t count = (read + kStride - 1) / kStride * kStride;
  const auto words =
      static_cast<std::uint32_t>(kEntryWords + count + count * sizeof(std::int16_t) / sizeof(std::uintptr_t));
  std::uint32_t known = generation_.load(std::memory_order_relaxed);
  if (known != generation || used_ + words > kPoolWords) {
    std::memset(sets_, 0, sizeof(sets_));
    used_ = 0;
    // Whoever tells us to forget meanwhile is heard.
    if (!generation_.compare_exchange_strong(known, generation, std::memory_order_relaxed)) return;
  }

  auto* entry = reinterpret_cast<Entry*>(&pool_[used_]);
  *entry = {site.pc, site.sp, site.fp, reads.used_frame_pointer ? ~std::uintptr_t{0} : 0, stack, count};
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t from = i < read ? i : read - 1;
    entry->values()[i] = StackMemory::ReadKnown(reads.addresses[from]);
    entry->offsets()[i] = static_cast<std::int16_t>(offset_of(from) / 8);
  }
  // The newest stands first: what was seen last is likely to come again.
  const std::uint64_t hash = Hash(site);
  Way(&set)[kWays] = sets_[hash % kSets];
  std::memmove(&set[1], &set[0], sizeof(set) - sizeof(set[0]));
  set[0] = {TagOf(hash), used_};
  used_ += words;
}

}  // namespace cleanslate
