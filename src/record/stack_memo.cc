#include "record/stack_memo.h"

namespace cleanslate {

void StackMemo::Remember(const CallSite& site, std::uint32_t generation, const StackReads& reads,
                         StackId stack) {
  if (reads.overflow) return;
  const auto count = static_cast<std::uint32_t>(reads.count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto offset = static_cast<std::intptr_t>(reads.words[i].address - site.sp);
    if (offset % 8 != 0 || offset / 8 < INT16_MIN || offset / 8 > INT16_MAX) return;
  }

  const std::size_t words = kEntryWords + count + (count * sizeof(std::int16_t) + 7) / 8;
  std::uint64_t position = end_ == 0 ? kPoolWords : end_;
  // An entry doesn't wrap around.
  if (position % kPoolWords + words > kPoolWords) position += kPoolWords - position % kPoolWords;
  end_ = position + words;

  auto* entry = reinterpret_cast<Entry*>(&pool_[position % kPoolWords]);
  *entry = {site.pc, site.sp, site.fp, generation, stack, count, reads.used_frame_pointer};
  for (std::uint32_t i = 0; i < count; ++i) {
    entry->values()[i] = reads.words[i].value;
    entry->offsets()[i] =
        static_cast<std::int16_t>(static_cast<std::intptr_t>(reads.words[i].address - site.sp) / 8);
  }
  // The newest stands first: what was seen last is likely to come again.
  Set& set = SetOf(site);
  for (std::size_t way = kWays - 1; way > 0; --way) set[way] = set[way - 1];
  set[0] = position;
}

void StackMemo::ForgetNow() {
  forget_.store(false, std::memory_order_relaxed);
  if (end_ != 0) end_ += 2 * kPoolWords;
}

}  // namespace cleanslate
