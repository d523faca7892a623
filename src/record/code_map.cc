#include "record/code_map.h"

#include <link.h>

#include "record/frame_steps.h"

namespace cleanslate {

constinit CodeMap code_map;

namespace {

struct Reading {
  std::uint64_t known_loaded;
  std::uint64_t known_unloaded;
  bool changed;
  std::uint64_t loaded;
  std::uint64_t unloaded;
  std::size_t count;
  CodeModule modules[CodeMap::kMaxModules];
};

CodeModule Describe(const dl_phdr_info& object) {
  CodeModule module;
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object.dlpi_phdr[i];
    const std::uintptr_t start = object.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      if (module.start == 0 || start < module.start) module.start = start;
      if (start + segment.p_memsz > module.end) module.end = start + segment.p_memsz;
    } else if (segment.p_type == PT_GNU_EH_FRAME) {
      module.eh_frame_hdr = start;
    }
  }
  return module;
}

// Called with the loader's lock held: only copies.
int Collect(dl_phdr_info* object, std::size_t, void* argument) {
  auto& reading = *static_cast<Reading*>(argument);
  if (reading.count == 0) {
    reading.loaded = object->dlpi_adds;
    reading.unloaded = object->dlpi_subs;
    reading.changed = reading.loaded != reading.known_loaded || reading.unloaded != reading.known_unloaded;
    if (!reading.changed) return 1;
  }
  const CodeModule module = Describe(*object);
  if (module.start != 0 && reading.count < CodeMap::kMaxModules) reading.modules[reading.count++] = module;
  return 0;
}

void SortByAddress(CodeModule* modules, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    const CodeModule module = modules[i];
    std::size_t at = i;
    for (; at > 0 && modules[at - 1].start > module.start; --at) modules[at] = modules[at - 1];
    modules[at] = module;
  }
}

// Too large for a small thread's stack; used under the refresh lock.
constinit Reading reading_buffer = {};

}  // namespace

bool CodeMap::Lookup(std::uintptr_t pc, CodeModule& module) const {
  constexpr int kTries = 16;
  for (int tries = 0; tries < kTries; ++tries) {
    const std::uint32_t before = sequence_.load(std::memory_order_acquire);
    if ((before & 1) != 0) continue;
    std::size_t low = 0;
    std::size_t high = count_.load(std::memory_order_relaxed);
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (modules_[middle].end.load(std::memory_order_relaxed) > pc) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    module = {};
    if (low < count_.load(std::memory_order_relaxed)) {
      module = {modules_[low].start.load(std::memory_order_relaxed),
                modules_[low].end.load(std::memory_order_relaxed),
                modules_[low].eh_frame_hdr.load(std::memory_order_relaxed)};
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (sequence_.load(std::memory_order_relaxed) != before) continue;
    return module.start <= pc && pc < module.end;
  }
  return false;
}

bool CodeMap::Refresh() {
  // Who finds another thread at it goes without: its stack is cut once.
  if (!refreshing_.try_lock()) return false;
  const std::uint32_t generation = this->generation();
  reading_buffer.count = 0;
  reading_buffer.changed = false;
  reading_buffer.known_loaded = loaded_;
  reading_buffer.known_unloaded = unloaded_;
  dl_iterate_phdr(Collect, &reading_buffer);
  const bool changed = reading_buffer.changed;
  if (changed) {
    SortByAddress(reading_buffer.modules, reading_buffer.count);
    sequence_.fetch_add(1, std::memory_order_acq_rel);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < reading_buffer.count; ++i) {
      modules_[i].start.store(reading_buffer.modules[i].start, std::memory_order_relaxed);
      modules_[i].end.store(reading_buffer.modules[i].end, std::memory_order_relaxed);
      modules_[i].eh_frame_hdr.store(reading_buffer.modules[i].eh_frame_hdr, std::memory_order_relaxed);
    }
    count_.store(reading_buffer.count, std::memory_order_relaxed);
    sequence_.fetch_add(1, std::memory_order_release);
    loaded_ = reading_buffer.loaded;
    unloaded_ = reading_buffer.unloaded;
  }
  read_at_generation_.store(generation, std::memory_order_release);
  refreshing_.unlock();
  return changed;
}

void CodeMap::CodeUnmapped() {
  const std::uint32_t generation = generation_.fetch_add(1, std::memory_order_acq_rel) + 1;
  if ((generation & 0xffff) == 0) frame_steps.Forget();
}

void CodeMap::AskForUnloads() {
  std::uint64_t unloaded = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* out) {
        *static_cast<std::uint64_t*>(out) = object->dlpi_subs;
        return 1;
      },
      &unloaded);
  if (unloads_noticed_.exchange(unloaded, std::memory_order_relaxed) != unloaded) CodeUnmapped();
}

CodeModule CodeMap::Find(std::uintptr_t pc) {
  CodeModule module;
  // After an unload the table may name code that is gone.
  const bool fresh = read_at_generation_.load(std::memory_order_acquire) == generation();
  if (!fresh) Refresh();
  if (Lookup(pc, module)) return module;
  if (Refresh() && Lookup(pc, module)) return module;
  return {};
}

void CodeMap::Reset() {
  refreshing_.Reset();
  count_.store(0, std::memory_order_relaxed);
  sequence_.store(0, std::memory_order_relaxed);
  loaded_ = 0;
  unloaded_ = 0;
}

}  // namespace cleanslate
