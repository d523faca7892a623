#pragma once

// What is alive now and where it was born. The interposers tell it; the takers of snapshot/ read it at a
// boundary.
//
// HOT: any thread, any depth of anybody's lock. A method that records asks for the Guard of the interposed
// call and does nothing when that isn't the outermost. A release is told before the real call, an acquisition
// after it; what a release took out is put back when the real call failed.

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/guard.h"
#include "base/options.h"
#include "record/activity_log.h"
#include "record/birth_table.h"
#include "record/block_shadow.h"
#include "record/code_map.h"
#include "record/mapping_table.h"
#include "record/stack_audit.h"
#include "record/stack_table.h"
#include "record/thread_state.h"

namespace cleanslate {

// Attributes of the process that a call can change.
enum class Attribute : std::uint8_t {
  kEnvironment,
  kWorkingDirectory,
  kSignalHandlers,
  kLocale,
  kUmask,
  kTimers,
};

// The detail of kTimers: 0 stands for all that timer_create(2) made, which have no names of their own.
inline std::uint64_t IntervalTimerKey(int which) {
  return 1 + static_cast<unsigned>(which);
}

class Recorder {
 public:
  static constexpr int kMaxDescriptors = 65536;

  constexpr Recorder() = default;

  // Before anything else. `block_unit_shift`: see BlockShadow. False when the kernel refuses the memory.
  bool Open(const Options& options, int block_unit_shift);

  // Where a block will be booked that an interposed call is about to get. To be asked for before the real
  // call, so that the look-ups and the allocator wait for memory at the same time.
  struct Booking {
    SiteShare* share = nullptr;  // null where it takes more than a look
    std::uint32_t word = 0;      // for the block's slot
    WindowNumber window = 0;
  };
  Booking Prepare(const Guard& guard, const CallSite& site, std::size_t bytes);
  // False, and nothing done, where it takes BlockBorn.
  bool Book(const Booking& booking, void* block, std::size_t bytes);
  // All that can come up. `site`: of the interposed call.
  void BlockBorn(const Guard& guard, const CallSite& site, void* block, std::size_t bytes);
  BlockRecord BlockGone(const Guard& guard, void* block);
  // The block was not freed after all.
  void BlockStays(const Guard& guard, void* block, const BlockRecord& record);

  void MappingBorn(const Guard& guard, void* start, std::size_t bytes, bool of_file);
  MappingTable::Removed MappingGone(const Guard& guard, void* start, std::size_t bytes);
  void MappingStays(const Guard& guard, const MappingTable::Removed& removed);

  void DescriptorBorn(const Guard& guard, int fd);
  Birth DescriptorGone(const Guard& guard, int fd);
  void DescriptorStays(const Guard& guard, int fd, Birth birth);
  void DescriptorsGone(const Guard& guard, unsigned first, unsigned last);

  // What `fd` stands for may have been written: files only, the first time in each window.
  void FileWritten(const Guard& guard, int fd);
  // False when this window has seen a write to `fd` already: the cheap question before FileWritten.
  bool FileWriteIsNews(int fd) const {
    return fd >= 0 && fd < kMaxDescriptors && written_[fd].load(std::memory_order_relaxed) != window() + 1;
  }
  bool WasWrittenIn(WindowNumber window, int fd) const {
    return fd >= 0 && fd < kMaxDescriptors && written_[fd].load(std::memory_order_relaxed) == window + 1;
  }
  // Something was made or changed under this name. `directory` as in openat(2).
  void PathTouched(const Guard& guard, int directory, const char* path);
  // The file behind a name, before a call that may delete it; 0 when there is none. PathDeleted tells of it
  // afterwards.
  std::uint64_t FileBehind(const Guard& guard, int directory, const char* path);
  void FileDeleted(const Guard& guard, std::uint64_t file);

  void ProcessBorn(const Guard& guard, pid_t pid);
  // In the thread that starts another, before it does; ThreadBorn in the new one.
  ThreadBirth ThreadStarting(const Guard& guard, const void* start);
  void ThreadBorn(const Guard& guard, const ThreadBirth& birth);
  // It was not started after all.
  void ThreadNotStarted() { threads_on_their_way_.fetch_sub(1, std::memory_order_relaxed); }
  // `detail` tells parts of one attribute apart: a signal's number, NameKey of a variable, a category, a
  // timer.
  void AttributeChanged(const Guard& guard, Attribute attribute, std::uint64_t detail = 0);
  // Nothing is left of what was set.
  void AttributeUnset(const Guard& guard, Attribute attribute, std::uint64_t detail = 0);
  // `peer` is a sockaddr_in or sockaddr_in6 of `size` bytes; others are not noted.
  void Connected(const Guard& guard, int fd, const void* peer, std::size_t size);

  static std::uint64_t NameKey(const char* name, std::size_t size);
  static std::uint64_t FileKey(std::uint64_t device, std::uint64_t inode) { return (device << 40) ^ inode; }
  static std::uint64_t AttributeKey(Attribute attribute, std::uint64_t detail) {
    return (std::uint64_t{static_cast<std::uint8_t>(attribute)} + 1) << 56 ^ detail;
  }

  // One frame: the function at `address`.
  StackId FunctionAt(const void* address);

  // Ends the current window and begins the next; returns the number of the one that ended.
  WindowNumber AdvanceWindow();
  // The survivors of `window`, which has ended, count with those of earlier windows from here on. Needed
  // before the current window ends, if there are any. One thread at a time.
  void MakeEarlier(WindowNumber window) { shadow_.MakeEarlier(CohortOf(window)); }
  WindowNumber window() const { return window_.load(std::memory_order_relaxed); }

  // For the takers, at a boundary.
  Birth DescriptorBirth(int fd) const;
  Birth FileBirth(std::uint64_t device, std::uint64_t inode);
  Birth ProcessBirth(pid_t pid) { return processes_.Get(static_cast<std::uint64_t>(pid)); }
  ThreadBirth ThreadBirthOf(pid_t tid) { return threads_born_.Get(static_cast<std::uint64_t>(tid)); }
  Birth SettingOf(Attribute attribute, std::uint64_t detail = 0) {
    return attributes_.Get(AttributeKey(attribute, detail));
  }
  // Threads whose start was asked for, and that have not told of themselves yet.
  int threads_on_their_way() const { return threads_on_their_way_.load(std::memory_order_relaxed); }
  ActivityLog& activity() { return activity_; }
  ThreadStates& threads() { return threads_; }
  const StackTable& stacks() const { return stacks_; }
  MappingTable& mappings() { return mappings_; }
  std::int64_t blocks_refused() const { return blocks_refused_.load(std::memory_order_relaxed); }
  // Memory that the records take, about.
  std::size_t resident_bytes();

  // In a child of fork, single-threaded: everything is forgotten.
  void Reset();

 private:
  // A birth in one word, so that reading and writing need no lock.
  static std::uint64_t Pack(Birth birth) {
    return (std::uint64_t{birth.window} << 32) | static_cast<std::uint32_t>(birth.stack);
  }
  static Birth Unpack(std::uint64_t packed) {
    return {static_cast<StackId>(static_cast<std::uint32_t>(packed)),
            static_cast<WindowNumber>(packed >> 32)};
  }

  // kNone where it takes a walk.
  StackId RememberedStack(const CallSite& site, ThreadState& thread);
  StackId Capture(const CallSite& site, ThreadState& thread);
  // The window that a block was recorded as born in ended meanwhile, and may have been searched for its
  // survivors.
  void MissedItsWindow(void* block);
  // What BlockGone does where it isn't done in a few steps.
  BlockRecord BlockGoneAnyway(void* block);
  Birth BornNow(const Guard& guard);
  void NoteIfIdle(ActivityKind kind, std::uint64_t key, StackId stack) {
    if (activity_.idle()) [[unlikely]]
      activity_.Add({kind, key, stack});
  }
  void FileTouched(const Guard& guard, std::uint64_t file);
  void MemoryUnmapped(std::uintptr_t start, std::size_t bytes);
  bool Enter(ThreadState& thread, const BlockRecord& record, WindowNumber now, int sign) {
    return thread.books.Enter(record.site, record.cohort, now, record.bytes, sign);
  }
  void Refused() { blocks_refused_.fetch_add(1, std::memory_order_relaxed); }

  std::atomic<WindowNumber> window_ = 0;
  StackMode stack_mode_ = StackMode::kFull;
  std::uint32_t state_ = 0;  // zeros all, so that the tables take no place in the file
  BlockShadow shadow_;
  StackTable stacks_;
  ThreadStates threads_;
  MappingTable mappings_;
  std::atomic<std::int64_t> blocks_refused_ = 0;
  std::atomic<std::uint64_t> descriptors_[kMaxDescriptors] = {};
  std::atomic<WindowNumber> written_[kMaxDescriptors] = {};  // 1 + the window that last saw a write
  BirthTable<16384> files_;
  BirthTable<1024> processes_;
  BirthTable<1024, ThreadBirth> threads_born_;
  std::atomic<int> threads_on_their_way_ = 0;
  BirthTable<1024> attributes_;
  ActivityLog activity_;
};

// The one recorder of this process.
extern constinit Recorder recorder;

// What malloc and free run through. In the header, so that it becomes one piece of code with them.

[[gnu::always_inline]] inline StackId Recorder::RememberedStack(const CallSite& site, ThreadState& thread) {
  if (stack_mode_ != StackMode::kFull) [[unlikely]]
    return stack_mode_ == StackMode::kOff ? StackTable::kNoStack : StackId::kNone;
  const StackId stack = thread.memo.Find(site, code_map.generation());
  if (stack != StackId::kNone) AuditStack(site, stack, StackSource::kRemembered, stacks_);
  return stack;
}

[[gnu::always_inline]] inline Recorder::Booking Recorder::Prepare(const Guard& guard, const CallSite& site,
                                                                  std::size_t bytes) {
  ThreadState* thread = thread_locals.state;
  if (!guard.outermost() || thread_locals.ignoring != 0 || thread == nullptr || (state_ & kHeapState) == 0)
      [[unlikely]] {
    return {};
  }
  Booking booking;
  booking.window = window();
  const StackId stack = RememberedStack(site, *thread);
  booking.word = BlockShadow::PlainWord({stack, CohortOf(booking.window), bytes});
  if (booking.word != 0) [[likely]]
    booking.share = thread->books.Touched(stack, booking.window);
  return booking;
}

[[gnu::always_inline]] inline bool Recorder::Book(const Booking& booking, void* block, std::size_t bytes) {
  const Cohort cohort = CohortOf(booking.window);
  if (booking.share == nullptr || !shadow_.PutPlain(block, booking.word, cohort)) [[unlikely]]
    return false;
  booking.share->Add(cohort, +1, static_cast<std::int64_t>(bytes));
  if (window() != booking.window) [[unlikely]]
    MissedItsWindow(block);
  return true;
}

[[gnu::always_inline]] inline BlockRecord Recorder::BlockGone(const Guard& guard, void* block) {
  ThreadState* thread = thread_locals.state;
  BlockShadow::Slot* slot = shadow_.Find(block);
  if (slot == nullptr || !guard.outermost()) return {};
  const std::uint32_t word = slot->load(std::memory_order_relaxed);
  if (!BlockShadow::IsRecord(word)) return {};
  const BlockRecord record = BlockShadow::Read(word);
  if (BlockShadow::IsPlain(record) && thread != nullptr) [[likely]] {
    const WindowNumber now = window();
    SiteShare* share = thread->books.Touched(record.site, now);
    if (share != nullptr) [[likely]] {
      slot->store(0, std::memory_order_relaxed);
      share->Add(record.cohort == CohortOf(now) ? record.cohort : Cohort::kEarlier, -1,
                 -static_cast<std::int64_t>(record.bytes));
      return record;
    }
  }
  return BlockGoneAnyway(block);
}

}  // namespace cleanslate
