// Libraries that come and go, and code that takes another's place. What the loader keeps for itself isn't
// compared.

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "heap_victim.h"

using heap::BeginWindow;
using heap::Born;
using heap::EndWindow;
using heap::Fail;
using heap::Free;
using heap::Keep;
using heap::Opaque;

namespace {

void* plugin_itself;
uintptr_t first_place;
long same_place;

template <typename Function>
Function Find(const char* plugin, const char* suffix) {
  char name[64];
  snprintf(name, sizeof(name), "%s%s", plugin, suffix);
  void* function = dlsym(plugin_itself, name);
  if (function == nullptr) Fail(name);
  return reinterpret_cast<Function>(function);
}

// Counts how often it comes to lie where the first one lay.
void NoteTheEntry(void* entry) {
  const auto place = reinterpret_cast<uintptr_t>(entry);
  if (first_place == 0) {
    first_place = place;
  } else {
    same_place += place == first_place;
  }
}

constexpr size_t kPage = 4096;
constexpr size_t kEntryBytes = 64;  // of the plugin's entry, at most

using Entry = void (*)(void (*)());

}  // namespace

NAMED void load(const char* plugin) {
  char name[64];
  snprintf(name, sizeof(name), "libheap_plugin_%s.so", plugin);
  plugin_itself = dlopen(name, RTLD_NOW);
  if (plugin_itself == nullptr) Fail(dlerror());
}

NAMED void unload() {
  if (dlclose(plugin_itself) != 0) Fail("dlclose");
}

// Constructor and destructor allocate; a plugin stays for one window, and one comes and goes within it.
HEAP_VICTIM(plugins_allocate_while_they_come_and_go) {
  for (int round = 0; round < 20; ++round) {
    const bool alfa = round % 2 == 0;
    BeginWindow();
    load(alfa ? "alfa" : "beta");
    const Born kept =
        Keep(alfa ? "alfa_allocates alfa_constructor ... load plugins_allocate_while_they_come_and_go main"
                  : "beta_allocates beta_constructor ... load plugins_allocate_while_they_come_and_go main",
             plugin_itself, 1111);
    EndWindow();
    BeginWindow();
    heap::Drop(kept);
    unload();
    load(alfa ? "beta" : "alfa");
    unload();
    EndWindow();
  }
  return 0;
}

// One plugin a window, where the other one was: each leaks under its own name.
HEAP_VICTIM(plugins_at_the_same_place_in_turn) {
  for (int round = 0; round < 40; ++round) {
    const bool alfa = round % 2 == 0;
    const char* const plugin = alfa ? "alfa" : "beta";
    BeginWindow();
    if (round > 0) {
      heap::CountFreed(1, 1111);
      unload();
    }
    load(plugin);
    auto leaks = Find<void* (*)(size_t)>(plugin, "_leaks");
    NoteTheEntry(reinterpret_cast<void*>(leaks));
    for (int i = 0; i < (alfa ? 3 : 5); ++i) {
      Keep(alfa ? "alfa_allocates alfa_leaks plugins_at_the_same_place_in_turn main"
                : "beta_allocates beta_leaks plugins_at_the_same_place_in_turn main",
           leaks(100), 100);
    }
    Keep(alfa ? "alfa_allocates alfa_constructor ... load plugins_at_the_same_place_in_turn main"
              : "beta_allocates beta_constructor ... load plugins_at_the_same_place_in_turn main",
         plugin_itself, 1111);
    heap::Fact("same_place", same_place);
    EndWindow();
  }
  return 0;
}

// Both in one window, one after the other. At its end the first one's names can't be had from the process any
// more.
HEAP_VICTIM(plugins_at_the_same_place_in_one_window) {
  Born kept;
  for (int round = 0; round < 10; ++round) {
    BeginWindow();
    if (round > 0) {
      heap::Drop(kept);
      unload();
    }
    load("alfa");
    auto leaks = Find<void* (*)(size_t)>("alfa", "_leaks");
    NoteTheEntry(reinterpret_cast<void*>(leaks));
    for (int i = 0; i < 3; ++i) {
      Keep("alfa_allocates alfa_leaks plugins_at_the_same_place_in_one_window main", leaks(100), 100);
    }
    unload();
    load("beta");
    leaks = Find<void* (*)(size_t)>("beta", "_leaks");
    NoteTheEntry(reinterpret_cast<void*>(leaks));
    for (int i = 0; i < 5; ++i) {
      Keep("beta_allocates beta_leaks plugins_at_the_same_place_in_one_window main", leaks(100), 100);
    }
    kept = Keep("beta_allocates beta_constructor ... load plugins_at_the_same_place_in_one_window main",
                plugin_itself, 1111);
    heap::Fact("same_place", same_place);
    EndWindow();
  }
  return 0;
}

namespace {

void* last;

// `entry`, in a page of anonymous memory that takes the place of the library it came from.
struct CopiedCode {
  char bytes[kEntryBytes];
  void* page;

  void CopyFrom(Entry entry) { memcpy(bytes, reinterpret_cast<const void*>(entry), sizeof(bytes)); }
  // Into the same address.
  Entry Put(Entry entry) {
    const auto at = reinterpret_cast<uintptr_t>(entry);
    page = mmap(reinterpret_cast<void*>(at & ~(kPage - 1)), 2 * kPage, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (page == MAP_FAILED) Fail("the place is taken");
    memcpy(reinterpret_cast<void*>(at), bytes, sizeof(bytes));
    __builtin___clear_cache(reinterpret_cast<char*>(at), reinterpret_cast<char*>(at) + sizeof(bytes));
    return entry;
  }
  void Remove() {
    if (munmap(page, 2 * kPage) != 0) Fail("munmap");
  }
};

}  // namespace

NAMED void leaf_under_changing_code() {
  last = malloc(Opaque(size_t{64}));
}
NAMED void calls_changing_code(Entry entry) {
  entry(leaf_under_changing_code);
}

// A library, its twin with another frame size, and a copy of its code without unwind information, all with
// the same return addresses, one in another's place.
HEAP_VICTIM(code_is_replaced_at_one_place) {
  const char* const with_alfa =
      "leaf_under_changing_code alfa_entry calls_changing_code code_is_replaced_at_one_place main";
  const char* const with_beta =
      "leaf_under_changing_code beta_entry calls_changing_code code_is_replaced_at_one_place main";
  const char* const with_copy = "leaf_under_changing_code ? [cut]";
  const char* const alfa_made = "alfa_allocates alfa_constructor ... load code_is_replaced_at_one_place main";
  const char* const beta_made = "beta_allocates beta_constructor ... load code_is_replaced_at_one_place main";
  static CopiedCode copy;
  Born made;
  for (int round = 0; round < 10; ++round) {
    BeginWindow();
    if (round > 0) {
      heap::Drop(made);
      unload();
    }
    load("alfa");
    made = Keep(alfa_made, plugin_itself, 1111);
    auto entry = Find<Entry>("alfa", "_entry");
    NoteTheEntry(reinterpret_cast<void*>(entry));
    for (int i = 0; i < 4; ++i) {
      calls_changing_code(entry);
      Keep(with_alfa, last, 64);
    }
    EndWindow();

    BeginWindow();
    copy.CopyFrom(entry);
    heap::Drop(made);
    unload();
    copy.Put(entry);
    for (int i = 0; i < 6; ++i) {
      calls_changing_code(entry);
      Keep(with_copy, last, 64);
    }
    copy.Remove();
    EndWindow();

    BeginWindow();
    load("beta");
    made = Keep(beta_made, plugin_itself, 1111);
    entry = Find<Entry>("beta", "_entry");
    NoteTheEntry(reinterpret_cast<void*>(entry));
    for (int i = 0; i < 8; ++i) {
      calls_changing_code(entry);
      Keep(with_beta, last, 64);
    }
    heap::Fact("same_place", same_place);
    EndWindow();
  }
  return 0;
}

// A library that nobody has seen yet, called by many threads at once.
namespace {
constexpr int kCallers = 16;
constexpr int kCalls = 50;
pthread_barrier_t all_loaded;
void* (*leaks_of_all)(size_t);
void* leaked[kCallers][kCalls];
}  // namespace

NAMED void* calls_the_new_library(void* blocks) {
  pthread_barrier_wait(&all_loaded);
  for (int i = 0; i < kCalls; ++i) static_cast<void**>(blocks)[i] = leaks_of_all(60);
  return nullptr;
}

HEAP_VICTIM(new_library_in_many_threads) {
  pthread_barrier_init(&all_loaded, nullptr, kCallers);
  for (int round = 0; round < 100; ++round) {
    BeginWindow();
    if (round > 0) unload();
    load("gamma");
    leaks_of_all = Find<void* (*)(size_t)>("gamma", "_leaks");
    pthread_t threads[kCallers];
    for (int i = 0; i < kCallers; ++i) {
      if (pthread_create(&threads[i], nullptr, calls_the_new_library, leaked[i]) != 0) Fail("no thread");
    }
    for (const pthread_t thread : threads) pthread_join(thread, nullptr);
    for (const auto& blocks : leaked) {
      for (void* block : blocks) Keep("gamma_allocates gamma_leaks calls_the_new_library", block, 60);
    }
    EndWindow();
  }
  return 0;
}
