#include "record/code_map.h"

#include <link.h>

#include <cstring>

#include "base/raw_io.h"
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
  struct Module {
    CodeModule code;
    std::uint64_t identity;
  } modules[CodeMap::kMaxModules];
};

std::uint64_t Mix(std::uint64_t hash, const char* bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3u;
  return hash;
}

// The object's name and its notes, the build id among them.
std::uint64_t IdentityOf(const dl_phdr_info& object) {
  constexpr std::size_t kMostOfANote = 256;
  std::uint64_t hash = 0xcbf29ce484222325u;
  if (object.dlpi_name != nullptr) hash = Mix(hash, object.dlpi_name, std::strlen(object.dlpi_name));
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object.dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* notes = reinterpret_cast<const char*>(object.dlpi_addr + segment.p_vaddr);
    hash = Mix(hash, notes, segment.p_memsz < kMostOfANote ? segment.p_memsz : kMostOfANote);
  }
  return hash;
}

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

// Called with the loader's lock held: only copies and reads what the loader has mapped.
int Collect(dl_phdr_info* object, std::size_t, void* argument) {
  auto& reading = *static_cast<Reading*>(argument);
  if (reading.count == 0) {
    reading.loaded = object->dlpi_adds;
    reading.unloaded = object->dlpi_subs;
    reading.changed = reading.loaded != reading.known_loaded || reading.unloaded != reading.known_unloaded;
    if (!reading.changed) return 1;
  }
  const CodeModule module = Describe(*object);
  if (module.start != 0 && reading.count < CodeMap::kMaxModules) {
    reading.modules[reading.count++] = {module, IdentityOf(*object)};
  }
  return 0;
}

void SortByAddress(Reading::Module* modules, std::size_t count) {
  for (std::size_t i = 1; i < count; ++i) {
    const Reading::Module module = modules[i];
    std::size_t at = i;
    for (; at > 0 && modules[at - 1].code.start > module.code.start; --at) modules[at] = modules[at - 1];
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
                modules_[low].eh_frame_hdr.load(std::memory_order_relaxed),
                modules_[low].tenant.load(std::memory_order_relaxed)};
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (sequence_.load(std::memory_order_relaxed) != before) continue;
    return module.start <= pc && pc < module.end;
  }
  return false;
}

bool CodeMap::LockPatiently() {
  // Not for ever: who holds it may wait for the loader's lock, and that may be held by this thread's caller.
  constexpr int kPatience = 2000;
  for (int tries = 0; tries < kPatience; ++tries) {
    if (refreshing_.try_lock()) return true;
    raw::Call(SYS_sched_yield);
  }
  return false;
}

std::uint16_t CodeMap::TenantOf(const CodeModule& module, std::uint64_t identity) {
  std::uint16_t tenant = 0;
  for (std::size_t i = 0; i < known_count_; ++i) {
    const Known& known = known_[i];
    if (known.start >= module.end || known.end <= module.start) continue;
    if (known.start == module.start && known.end == module.end && known.identity == identity)
      return known.tenant;
    if (known.tenant >= tenant && known.tenant + 1 < FrameAddress::kNobody) {
      tenant = static_cast<std::uint16_t>(known.tenant + 1);
    }
  }
  if (known_count_ < kMaxKnown) known_[known_count_++] = {module.start, module.end, identity, tenant};
  return tenant;
}

CodeMap::Refreshed CodeMap::Refresh() {
  if (!LockPatiently()) return Refreshed::kBusy;
  const std::uint32_t generation = this->generation();
  reading_buffer.count = 0;
  reading_buffer.changed = false;
  reading_buffer.known_loaded = loaded_;
  reading_buffer.known_unloaded = unloaded_;
  dl_iterate_phdr(Collect, &reading_buffer);
  const bool changed = reading_buffer.changed;
  if (changed) {
    SortByAddress(reading_buffer.modules, reading_buffer.count);
    for (std::size_t i = 0; i < reading_buffer.count; ++i) {
      auto& [code, identity] = reading_buffer.modules[i];
      code.tenant = TenantOf(code, identity);
    }
    sequence_.fetch_add(1, std::memory_order_acq_rel);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < reading_buffer.count; ++i) {
      const CodeModule& code = reading_buffer.modules[i].code;
      modules_[i].start.store(code.start, std::memory_order_relaxed);
      modules_[i].end.store(code.end, std::memory_order_relaxed);
      modules_[i].eh_frame_hdr.store(code.eh_frame_hdr, std::memory_order_relaxed);
      modules_[i].tenant.store(code.tenant, std::memory_order_relaxed);
    }
    count_.store(reading_buffer.count, std::memory_order_relaxed);
    sequence_.fetch_add(1, std::memory_order_release);
    loaded_ = reading_buffer.loaded;
    unloaded_ = reading_buffer.unloaded;
  }
  read_at_generation_.store(generation, std::memory_order_release);
  refreshing_.unlock();
  return changed ? Refreshed::kNew : Refreshed::kNothingNew;
}

void CodeMap::CodeUnmapped() {
  unmappings_.fetch_add(1, std::memory_order_acq_rel);
  if ((generation() & 0xffff) == 0) frame_steps.Forget();
  unknown_to_.store(0, std::memory_order_relaxed);
}

void CodeMap::NoteUnknown(std::uintptr_t pc) {
  constexpr std::uintptr_t kAround = 4096;
  const std::uintptr_t to = unknown_to_.load(std::memory_order_relaxed);
  if (to == 0 || pc < unknown_from_.load(std::memory_order_relaxed)) {
    unknown_from_.store(pc < kAround ? 0 : pc - kAround, std::memory_order_relaxed);
  }
  if (pc >= to) {
    unknown_to_.store(pc + kAround, std::memory_order_relaxed);
  }
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
  CodeModule busy;
  busy.busy = true;
  // After an unload the table may name code that is gone.
  const bool fresh = read_at_generation_.load(std::memory_order_acquire) == generation();
  if (!fresh && Refresh() == Refreshed::kBusy) return busy;
  CodeModule module;
  if (Lookup(pc, module)) return module;
  if (Refresh() == Refreshed::kBusy) return busy;
  return Lookup(pc, module) ? module : CodeModule{};
}

void CodeMap::Reset() {
  refreshing_.Reset();
  count_.store(0, std::memory_order_relaxed);
  sequence_.store(0, std::memory_order_relaxed);
  loaded_ = 0;
  unloaded_ = 0;
  unknown_to_.store(0, std::memory_order_relaxed);
}

}  // namespace cleanslate
