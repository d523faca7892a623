#pragma once

// Which loaded object an instruction belongs to, and where its unwind information is. A copy of the loader's
// list, so that the hot path asks neither the loader nor its lock; the list is read again
// (dl_iterate_phdr(3)) when an address is not in it and the loader has loaded something since.
//
// Any thread. Readers take no lock: a table under a sequence number, read again when it changed meanwhile.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/spin_lock.h"

namespace cleanslate {

struct CodeModule {
  std::uintptr_t start = 0;         // of its first executable segment
  std::uintptr_t end = 0;           // of its last
  std::uintptr_t eh_frame_hdr = 0;  // LSB core, .eh_frame_hdr; 0: no unwind information
};

class CodeMap {
 public:
  static constexpr std::size_t kMaxModules = 2048;

  constexpr CodeMap() = default;

  // The module of `pc`; a zero start when there is none.
  CodeModule Find(std::uintptr_t pc);

  // Code may have been unmapped: what was cached of it must be forgotten.
  void CodeUnmapped();
  // The same where the loader has unloaded something since the last time that this was asked: libc does so
  // where no hook sees it. Asks the loader, and so is for boundaries.
  void AskForUnloads();
  // Changes with every CodeUnmapped.
  std::uint32_t generation() const { return generation_.load(std::memory_order_acquire); }

  // In a child of fork, single-threaded.
  void Reset();

 private:
  struct Slot {
    std::atomic<std::uintptr_t> start = 0;
    std::atomic<std::uintptr_t> end = 0;
    std::atomic<std::uintptr_t> eh_frame_hdr = 0;
  };

  bool Lookup(std::uintptr_t pc, CodeModule& module) const;
  bool Refresh();

  SpinLock refreshing_;
  std::atomic<std::uint32_t> sequence_ = 0;  // odd while the table is being written
  std::atomic<std::uint32_t> generation_ = 1;
  std::atomic<std::uint32_t> read_at_generation_ = 0;
  std::atomic<std::size_t> count_ = 0;
  std::uint64_t loaded_ = 0;  // dlpi_adds and dlpi_subs at the last reading
  std::uint64_t unloaded_ = 0;
  std::atomic<std::uint64_t> unloads_noticed_ = 0;
  Slot modules_[kMaxModules];  // by ascending address
};

extern constinit CodeMap code_map;

}  // namespace cleanslate
