#include "preload/allocator_hooks.h"

#include <dlfcn.h>
#include <link.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/guard.h"
#include "base/own_code.h"
#include "preload/watch.h"
#include "record/code_map.h"
#include "record/recorder.h"

namespace cleanslate::allocator_hooks {

namespace {

void Born(void* block, std::size_t bytes) {
  if (!Watching()) return;
  const Guard guard;
  const Recorder::Booking booking = recorder.Prepare(guard, CLEANSLATE_CALL_SITE(), bytes);
  if (recorder.Book(booking, block, bytes)) return;
  recorder.BlockBorn(guard, CLEANSLATE_CALL_SITE(), block, bytes);
}

void Gone(void* block) {
  if (!Watching()) return;
  const Guard guard;
  recorder.BlockGone(guard, block);
}

// gperftools/malloc_hook_c.h.
using AddNewHook = int (*)(void (*)(const void*, std::size_t));
using AddDeleteHook = int (*)(void (*)(const void*));

void TcmallocNew(const void* block, std::size_t bytes) {
  Born(const_cast<void*>(block), bytes);
}
void TcmallocDelete(const void* block) {
  Gone(const_cast<void*>(block));
}

// jemalloc/internal/hook.h: which function it was, and its arguments as they were.
using MallCtl = int (*)(const char*, void*, std::size_t*, void*, std::size_t);
enum JemallocBirth {
  kMalloc,
  kPosixMemalign,
  kAlignedAlloc,
  kCalloc,
  kMemalign,
  kValloc,
  kMallocx,
  kRealloc
};

std::size_t SizeAsked(int birth, const std::uintptr_t* arguments) {
  switch (birth) {
    case kMalloc:
    case kValloc:
    case kMallocx:
      return arguments[0];
    case kCalloc:
      return arguments[0] * arguments[1];
    case kPosixMemalign:
      return arguments[2];
    default:
      return arguments[1];
  }
}

void JemallocBorn(void*, int birth, void* block, std::uintptr_t, std::uintptr_t* arguments) {
  if (block != nullptr) Born(block, SizeAsked(birth, arguments));
}
void JemallocGone(void*, int, void* block, std::uintptr_t*) {
  Gone(block);
}
void JemallocResized(void*, int, void* block, std::size_t, std::size_t, std::uintptr_t,
                     std::uintptr_t* arguments) {
  Gone(block);
  Born(block, arguments[1]);
}

struct JemallocHooks {
  void (*born)(void*, int, void*, std::uintptr_t, std::uintptr_t*);
  void (*gone)(void*, int, void*, std::uintptr_t*);
  void (*resized)(void*, int, void*, std::size_t, std::size_t, std::uintptr_t, std::uintptr_t*);
  void* extra;
};

constinit AddNewHook add_new_hook = nullptr;
constinit AddDeleteHook add_delete_hook = nullptr;
constinit MallCtl mallctl = nullptr;
constinit std::atomic<bool> installed = false;

// The program is the first in the loader's list.
bool IsInProgram(std::uintptr_t pc) {
  struct Question {
    std::uintptr_t pc;
    bool answer;
  } question{pc, false};
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* argument) {
        auto& asked = *static_cast<Question*>(argument);
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const std::uintptr_t start = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
          if (object->dlpi_phdr[i].p_type == PT_LOAD && asked.pc - start < object->dlpi_phdr[i].p_memsz) {
            asked.answer = true;
          }
        }
        return 1;
      },
      &question);
  return question.answer;
}

// Whether something that is loaded, besides the allocator at `allocator`, was linked with C++'s standard
// library: being told costs jemalloc its quick ways, and a program without operators needs none of it.
bool HasOperators(std::uintptr_t allocator) {
  struct Search {
    std::uintptr_t allocator;
    bool found;
  } search{code_map.Find(allocator).start, false};
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* argument) {
        auto& asked = *static_cast<Search*>(argument);
        const ElfW(Dyn)* entries = nullptr;
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const ElfW(Phdr)& segment = object->dlpi_phdr[i];
          const std::uintptr_t start = object->dlpi_addr + segment.p_vaddr;
          if (segment.p_type == PT_DYNAMIC) entries = reinterpret_cast<const ElfW(Dyn)*>(start);
          if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 && start == asked.allocator)
            return 0;
        }
        const char* strings = nullptr;
        for (const ElfW(Dyn)* entry = entries; entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
          if (entry->d_tag == DT_STRTAB) strings = reinterpret_cast<const char*>(entry->d_un.d_ptr);
        }
        // Where the loader can't write (the kernel's vdso) the address is left as in the file.
        if (reinterpret_cast<std::uintptr_t>(strings) < object->dlpi_addr) return 0;
        for (const ElfW(Dyn)* entry = entries; strings != nullptr && entry->d_tag != DT_NULL; ++entry) {
          if (entry->d_tag != DT_NEEDED) continue;
          const char* name = strings + entry->d_un.d_val;
          asked.found = asked.found || std::strncmp(name, "libstdc++.so", 12) == 0 ||
                        std::strncmp(name, "libc++.so", 9) == 0;
        }
        return asked.found ? 1 : 0;
      },
      &search);
  return search.found;
}

// Frames of the allocator are left out, unless the program is the allocator.
void LeaveOutCodeAround(std::uintptr_t pc) {
  if (IsInProgram(pc)) return;
  const CodeModule module = code_map.Find(pc);
  allocator_code.start.store(module.start, std::memory_order_relaxed);
  allocator_code.end.store(module.end, std::memory_order_relaxed);
}

}  // namespace

void Find() {
  add_new_hook = reinterpret_cast<AddNewHook>(dlsym(RTLD_DEFAULT, "MallocHook_AddNewHook"));
  add_delete_hook = reinterpret_cast<AddDeleteHook>(dlsym(RTLD_DEFAULT, "MallocHook_AddDeleteHook"));
  mallctl = reinterpret_cast<MallCtl>(dlsym(RTLD_DEFAULT, "mallctl"));
}

void Install() {
  if (installed.exchange(true)) return;
  if (add_new_hook != nullptr && add_delete_hook != nullptr) {
    LeaveOutCodeAround(reinterpret_cast<std::uintptr_t>(add_new_hook));
    add_new_hook(TcmallocNew);
    add_delete_hook(TcmallocDelete);
  }
  if (mallctl != nullptr && HasOperators(reinterpret_cast<std::uintptr_t>(mallctl))) {
    LeaveOutCodeAround(reinterpret_cast<std::uintptr_t>(mallctl));
    void* handle = nullptr;
    std::size_t bytes = sizeof(handle);
    JemallocHooks hooks = {JemallocBorn, JemallocGone, JemallocResized, nullptr};
    mallctl("experimental.hooks.install", static_cast<void*>(&handle), &bytes, &hooks, sizeof(hooks));
  }
}

}  // namespace cleanslate::allocator_hooks
