#include "record/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

#include "base/own_code.h"
#include "base/raw_io.h"
#include "record/code_map.h"
#include "record/frame_address.h"
#include "record/frame_steps.h"

namespace cleanslate {

constinit Recorder recorder;

bool Recorder::Open(const Options& options, int block_unit_shift) {
  stack_mode_ = options.stacks;
  state_ = options.state;
  return shadow_.Open(block_unit_shift) && stacks_.Open() && mappings_.Open();
}

StackId Recorder::Capture(const CallSite& site, ThreadState& thread) {
  if (stack_mode_ == StackMode::kOff) return StackTable::kNoStack;
  const std::uint32_t code = code_map.generation();
  if (stack_mode_ == StackMode::kCaller) {
    const bool other = frame_steps.At(site.pc - 1, code).is_not_of_first_tenant();
    const std::uint16_t tenant = other ? code_map.Find(site.pc - 1).tenant : std::uint16_t{0};
    const std::uintptr_t caller = FrameAddress{site.pc, false, tenant}.word();
    return stacks_.Intern(&caller, 1);
  }
  StackId stack = thread.memo.Find(site, code);
  if (stack != StackId::kNone) return stack;
  stack = thread.walker.Walk(site, code, stacks_);
  AuditStack(site, stack, StackSource::kWalked, stacks_);
  // What is seen for the first time may never be seen again.
  if (!thread.walker.stack_is_new()) thread.memo.Remember(site, code, thread.walker.CollectReads(), stack);
  return stack;
}

Birth Recorder::BornNow(const Guard&) {
  ThreadState* thread = threads_.Mine();
  if (thread == nullptr) return {StackTable::kNoStack, window()};
  // From here: our own frames are left out.
  return {Capture(CLEANSLATE_CALL_SITE(), *thread), window()};
}

void Recorder::BlockBorn(const Guard& guard, const CallSite& site, void* block, std::size_t bytes) {
  if (!guard.outermost() || block == nullptr || (state_ & kHeapState) == 0) return;
  ThreadState* thread = threads_.Mine();
  if (thread == nullptr) return;
  BlockShadow::Slot* slot = shadow_.FindOrMap(block);
  if (slot == nullptr) return Refused();
  const WindowNumber now = window();
  // An address that is still in the books was freed where we couldn't see it.
  const BlockRecord stale = shadow_.Take(slot, block);
  if (stale.site != StackId::kNone) Enter(*thread, stale, now, -1);
  // The runtime that is linked into this library allocates outside of our guards too.
  if (thread_locals.ignoring > 0 || IsOurCode(site.pc)) return;
  const BlockRecord record = {Capture(site, *thread), CohortOf(now), bytes};
  if (!Enter(*thread, record, now, +1)) return Refused();
  if (!shadow_.Put(slot, block, record)) {
    Enter(*thread, record, now, -1);
    return Refused();
  }
  if (window() != now) MissedItsWindow(block);
}

void Recorder::MissedItsWindow(void* block) {
  BlockRecord record = shadow_.Take(block);
  record.cohort = Cohort::kEarlier;
  shadow_.Store(block, record);
}

BlockRecord Recorder::BlockGoneAnyway(void* block) {
  const BlockRecord record = shadow_.Take(block);
  ThreadState* thread = threads_.Mine();
  if (record.site != StackId::kNone && thread != nullptr) Enter(*thread, record, window(), -1);
  return record;
}

void Recorder::BlockStays(const Guard& guard, void* block, const BlockRecord& record) {
  if (!guard.outermost() || record.site == StackId::kNone) return;
  ThreadState* thread = threads_.Mine();
  if (thread == nullptr) return;
  const WindowNumber now = window();
  BlockRecord back = record;
  if (record.cohort != CohortOf(now)) back.cohort = Cohort::kEarlier;
  if (!Enter(*thread, back, now, +1)) return Refused();
  if (shadow_.Store(block, back)) return;
  Enter(*thread, back, now, -1);
  Refused();
}

void Recorder::MappingBorn(const Guard& guard, void* start, std::size_t bytes, bool of_file) {
  if (!guard.outermost() || (state_ & kMappingState) == 0) return;
  const Birth birth = thread_locals.ignoring > 0 ? Birth{} : BornNow(guard);
  mappings_.Add(reinterpret_cast<std::uintptr_t>(start), bytes, birth, of_file);
}

void Recorder::MemoryUnmapped(std::uintptr_t start, std::size_t bytes) {
  code_map.MemoryUnmapped(start, start + bytes);
  for (int i = 0; i < threads_.count(); ++i) {
    ThreadState* thread = threads_.at(i);
    if (thread->walker.MemoryUnmapped(start, start + bytes)) thread->memo.Forget();
  }
}

MappingTable::Removed Recorder::MappingGone(const Guard& guard, void* start, std::size_t bytes) {
  MemoryUnmapped(reinterpret_cast<std::uintptr_t>(start), bytes);
  if (!guard.outermost()) return {};
  return mappings_.Remove(reinterpret_cast<std::uintptr_t>(start), bytes);
}

void Recorder::MappingStays(const Guard& guard, const MappingTable::Removed& removed) {
  if (guard.outermost()) mappings_.PutBack(removed);
}

void Recorder::DescriptorBorn(const Guard& guard, int fd) {
  if (!guard.outermost() || fd < 0 || fd >= kMaxDescriptors) return;
  const Birth birth = thread_locals.ignoring > 0 ? Birth{} : BornNow(guard);
  descriptors_[fd].store(Pack(birth), std::memory_order_relaxed);
  written_[fd].store(0, std::memory_order_relaxed);
  NoteIfIdle(ActivityKind::kDescriptor, static_cast<std::uint64_t>(fd), birth.stack);
}

Birth Recorder::DescriptorGone(const Guard& guard, int fd) {
  if (!guard.outermost() || fd < 0 || fd >= kMaxDescriptors) return {};
  return Unpack(descriptors_[fd].exchange(0, std::memory_order_relaxed));
}

void Recorder::DescriptorStays(const Guard& guard, int fd, Birth birth) {
  if (!guard.outermost() || fd < 0 || fd >= kMaxDescriptors) return;
  descriptors_[fd].store(Pack(birth), std::memory_order_relaxed);
}

void Recorder::DescriptorsGone(const Guard& guard, unsigned first, unsigned last) {
  for (unsigned fd = first; fd <= last && fd < static_cast<unsigned>(kMaxDescriptors); ++fd) {
    DescriptorGone(guard, static_cast<int>(fd));
  }
}

void Recorder::FileWritten(const Guard& guard, int fd) {
  if (!guard.outermost() || !FileWriteIsNews(fd)) return;
  written_[fd].store(window() + 1, std::memory_order_relaxed);
  struct stat file;
  if ((state_ & kTmpState) == 0 || raw::FStat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return;
  FileTouched(guard, FileKey(file.st_dev, file.st_ino));
}

void Recorder::FileTouched(const Guard& guard, std::uint64_t file) {
  const Birth birth = BornNow(guard);
  files_.Put(file, birth);
  NoteIfIdle(ActivityKind::kFile, file, birth.stack);
}

std::uint64_t Recorder::FileBehind(const Guard& guard, int directory, const char* path) {
  struct stat file;
  if (!guard.outermost() || (state_ & kTmpState) == 0) return 0;
  return raw::LStatAt(directory, path, &file) == 0 ? FileKey(file.st_dev, file.st_ino) : 0;
}

void Recorder::PathTouched(const Guard& guard, int directory, const char* path) {
  FileDeleted(guard, FileBehind(guard, directory, path));
}

void Recorder::FileDeleted(const Guard& guard, std::uint64_t file) {
  if (guard.outermost() && file != 0) FileTouched(guard, file);
}

void Recorder::ProcessBorn(const Guard& guard, pid_t pid) {
  if (!guard.outermost() || pid <= 0) return;
  const Birth birth = BornNow(guard);
  processes_.Put(static_cast<std::uint64_t>(pid), birth);
  NoteIfIdle(ActivityKind::kProcess, static_cast<std::uint64_t>(pid), birth.stack);
}

StackId Recorder::FunctionAt(const void* address) {
  const auto pc = reinterpret_cast<std::uintptr_t>(address);
  const std::uintptr_t frame = FrameAddress{pc, true, code_map.Find(pc).tenant}.word();
  return stacks_.Intern(&frame, 1);
}

ThreadBirth Recorder::ThreadStarting(const Guard& guard, const void* start) {
  if (!guard.outermost()) return {};
  const Birth birth = BornNow(guard);
  threads_on_their_way_.fetch_add(1, std::memory_order_relaxed);
  return {birth.stack, birth.window, FunctionAt(start), activity_.idle()};
}

void Recorder::ThreadBorn(const Guard& guard, const ThreadBirth& birth) {
  if (!guard.outermost()) return;
  const auto tid = static_cast<std::uint64_t>(raw::GetTid());
  threads_born_.Put(tid, birth);
  threads_on_their_way_.fetch_sub(1, std::memory_order_relaxed);
  if (birth.idle) NoteIfIdle(ActivityKind::kThread, tid, birth.stack);
}

void Recorder::AttributeChanged(const Guard& guard, Attribute attribute, std::uint64_t detail) {
  if (!guard.outermost()) return;
  const Birth birth = BornNow(guard);
  const std::uint64_t key = AttributeKey(attribute, detail);
  attributes_.Put(key, birth);
  NoteIfIdle(ActivityKind::kAttribute, key, birth.stack);
}

void Recorder::AttributeUnset(const Guard& guard, Attribute attribute, std::uint64_t detail) {
  if (guard.outermost()) attributes_.Take(AttributeKey(attribute, detail));
}

void Recorder::Connected(const Guard& guard, int fd, const void* peer, std::size_t size) {
  ActivityNote note;
  if (!guard.outermost() || !activity_.idle() || size > sizeof(note.peer)) return;
  note.kind = ActivityKind::kConnection;
  note.key = static_cast<std::uint64_t>(fd);
  note.stack = BornNow(guard).stack;
  std::memcpy(note.peer, peer, size);
  activity_.Add(note);
}

// FNV-1a, 64 bits, the uppermost byte left free.
std::uint64_t Recorder::NameKey(const char* name, std::size_t size) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ static_cast<unsigned char>(name[i])) * 0x100000001b3u;
  return hash & 0x00ff'ffff'ffff'ffffu;
}

WindowNumber Recorder::AdvanceWindow() {
  code_map.AskForUnloads();
  return window_.fetch_add(1, std::memory_order_acq_rel);
}

Birth Recorder::DescriptorBirth(int fd) const {
  if (fd < 0 || fd >= kMaxDescriptors) return {};
  return Unpack(descriptors_[fd].load(std::memory_order_relaxed));
}

Birth Recorder::FileBirth(std::uint64_t device, std::uint64_t inode) {
  return files_.Get(FileKey(device, inode));
}

std::size_t Recorder::resident_bytes() {
  std::size_t bytes = shadow_.resident_bytes() + stacks_.mapped_bytes() + mappings_.count() * sizeof(Mapping);
  for (int i = 0; i < threads_.count(); ++i)
    bytes += sizeof(ThreadState) + threads_.at(i)->books.mapped_bytes();
  return bytes;
}

void Recorder::Reset() {
  window_.store(0, std::memory_order_relaxed);
  blocks_refused_.store(0, std::memory_order_relaxed);
  shadow_.Reset();
  stacks_.Reset();
  threads_.Reset();
  code_map.Reset();
  mappings_.Reset();
  files_.Reset();
  processes_.Reset();
  threads_born_.Reset();
  attributes_.Reset();
  activity_.Reset();
  threads_on_their_way_.store(0, std::memory_order_relaxed);
  for (auto& birth : descriptors_) birth.store(0, std::memory_order_relaxed);
  for (auto& window : written_) window.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
