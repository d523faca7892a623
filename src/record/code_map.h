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
#include "record/frame_address.h"

namespace cleanslate {

struct CodeModule {
  std::uintptr_t start = 0;         // of its first executable segment
  std::uintptr_t end = 0;           // of its last
  std::uintptr_t eh_frame_hdr = 0;  // LSB core, .eh_frame_hdr; 0: no unwind information
  // Which of the objects that were loaded at this place one after the other: 0, the first; the same again
  // when it comes back. Keeps apart what has an address in common.
  std::uint16_t tenant = FrameAddress::kNobody;
  bool busy = false;  // nothing can be said now: another thread is reading the list
};

class CodeMap {
 public:
  static constexpr std::size_t kMaxModules = 2048;
  static constexpr std::size_t kMaxKnown = 8192;

  constexpr CodeMap() = default;

  // The module of `pc`; a zero start when there is none, or it can't be told now.
  CodeModule Find(std::uintptr_t pc);
  // A walk ended at `pc`, where nothing is known. When something else comes to stand there, what was cached
  // of such walks must be forgotten, too.
  void NoteUnknown(std::uintptr_t pc);
  void MemoryUnmapped(std::uintptr_t start, std::uintptr_t end) {
    if (start < unknown_to_.load(std::memory_order_relaxed) &&
        end > unknown_from_.load(std::memory_order_relaxed)) {
      CodeUnmapped();
    }
  }

  // Code may have been unmapped: what was cached of it must be forgotten.
  void CodeUnmapped();
  // The same where the loader has unloaded something since the last time that this was asked: libc does so
  // where no hook sees it. Asks the loader, and so is for boundaries.
  void AskForUnloads();
  // Changes with every CodeUnmapped; never 0 at the start.
  std::uint32_t generation() const { return unmappings_.load(std::memory_order_acquire) + 1; }

  // In a child of fork, single-threaded.
  void Reset();

 private:
  struct Slot {
    std::atomic<std::uintptr_t> start = 0;
    std::atomic<std::uintptr_t> end = 0;
    std::atomic<std::uintptr_t> eh_frame_hdr = 0;
    std::atomic<std::uint16_t> tenant = 0;
  };
  struct Known {
    std::uintptr_t start;
    std::uintptr_t end;
    std::uint64_t identity;
    std::uint16_t tenant;
  };
  enum class Refreshed : std::uint8_t { kNothingNew, kNew, kBusy };

  bool Lookup(std::uintptr_t pc, CodeModule& module) const;
  Refreshed Refresh();
  bool LockPatiently();
  std::uint16_t TenantOf(const CodeModule& module, std::uint64_t identity);

  SpinLock refreshing_;
  std::atomic<std::uint32_t> sequence_ = 0;  // odd while the table is being written
  std::atomic<std::uint32_t> unmappings_ = 0;
  std::atomic<std::uint32_t> read_at_generation_ = 0;
  std::atomic<std::size_t> count_ = 0;
  std::uint64_t loaded_ = 0;  // dlpi_adds and dlpi_subs at the last reading
  std::uint64_t unloaded_ = 0;
  std::atomic<std::uint64_t> unloads_noticed_ = 0;
  std::atomic<std::uintptr_t> unknown_from_ = 0;  // nothing while unknown_to_ is 0
  std::atomic<std::uintptr_t> unknown_to_ = 0;
  Slot modules_[kMaxModules];  // by ascending address
  std::size_t known_count_ = 0;
  Known known_[kMaxKnown] = {};  // every object that was ever seen, under the lock
};

extern constinit CodeMap code_map;

}  // namespace cleanslate
