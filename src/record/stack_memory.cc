#include "record/stack_memory.h"

#include <errno.h>

#include "base/raw_io.h"

namespace cleanslate {

namespace {

// Whether the page can be read, asked of the kernel without a trace: rt_sigprocmask(2) reads its set before
// it looks at `how`, so that an impossible `how` gives EFAULT for an unreadable set and EINVAL for a readable
// one.
bool PageIsReadable(std::uintptr_t page) {
  constexpr long kNoSuchHow = -1;
  return raw::Call(SYS_rt_sigprocmask, kNoSuchHow, static_cast<long>(page), 0, 8) != -EFAULT;
}

}  // namespace

bool StackMemory::Unmapped(std::uintptr_t start, std::uintptr_t end) {
  const std::uintptr_t from = readable_from_.load(std::memory_order_relaxed);
  const std::uintptr_t to = readable_to_.load(std::memory_order_relaxed);
  if (from >= to || start >= to || end <= from) return false;
  readable_to_.store(from, std::memory_order_relaxed);
  return true;
}

bool StackMemory::Readable(std::uintptr_t address) {
  const std::uintptr_t page = address & ~(raw::kPageBytes - 1);
  if (!PageIsReadable(page)) return false;
  // A stretch grows page by page; one that doesn't touch the page is another stack's.
  const std::uintptr_t from = readable_from_.load(std::memory_order_relaxed);
  const std::uintptr_t to = readable_to_.load(std::memory_order_relaxed);
  if (from < to && page + raw::kPageBytes == from) {
    readable_from_.store(page, std::memory_order_relaxed);
    return true;
  }
  if (from >= to || page != to) readable_from_.store(page, std::memory_order_relaxed);
  readable_to_.store(page + raw::kPageBytes, std::memory_order_relaxed);
  return true;
}

}  // namespace cleanslate
