// Before main, after main, and libraries that come and go.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "trap.h"

using trap::Say;

namespace {

void* before_everything;
int opened_before_everything = -1;
bool good_before_everything;

// Runs before the constructors of all libraries, the preloaded one too.
void BeforeConstructors(int, char**, char**) {
  free(nullptr);
  void* block = calloc(3, 7);
  block = realloc(block, 7000);
  before_everything = malloc(123);
  free(block);
  opened_before_everything = open("/dev/null", O_RDONLY);
  FILE* stream = fopen("/dev/null", "w");
  good_before_everything = before_everything != nullptr && opened_before_everything >= 0 &&
                           stream != nullptr && fclose(stream) == 0 && close(99) == -1 && errno == EBADF;
}

__attribute__((section(".preinit_array"), used)) void (*const preinit)(int, char**,
                                                                       char**) = BeforeConstructors;

std::string* from_constructor = new std::string(100, 'c');

__attribute__((destructor)) void AfterMain() {
  delete from_constructor;
  free(strdup("after main"));
  close(dup(2));
}

}  // namespace

TRAP(calls_before_any_constructor) {
  Say("%d %d", good_before_everything, opened_before_everything);
  before_everything = realloc(before_everything, 100000);
  free(before_everything);
  Say("%d", close(opened_before_everything));
  return 0;
}

static void AllocateAtExit() {
  free(malloc(1000));
  Say("at exit");
}

TRAP(calls_after_main) {
  atexit(AllocateAtExit);
  Say("main returns");
  return 12;
}

// The plugin is found by the program's RUNPATH: an interposed dlopen would look in the interposer's own.
TRAP(library_is_loaded_again_and_again) {
  int sum = 0;
  for (int i = 0; i < 100; ++i) {
    void* plugin = dlopen("libtrap_plugin.so", RTLD_NOW);
    if (plugin == nullptr) {
      Say("can't load the plugin");
      return 1;
    }
    auto work = reinterpret_cast<int (*)(int)>(dlsym(plugin, "plugin_work"));
    sum += work(i);
    dlclose(plugin);
  }
  Say("%d", sum);
  Say("gone %d", dlopen("libtrap_plugin.so", RTLD_NOW | RTLD_NOLOAD) == nullptr);
  return 0;
}

TRAP(symbols_are_looked_up_by_name) {
  auto allocate = reinterpret_cast<void* (*)(size_t)>(dlsym(RTLD_DEFAULT, "malloc"));
  auto release = reinterpret_cast<void (*)(void*)>(dlsym(RTLD_NEXT, "free"));
  Say("%d %d", allocate != nullptr, release != nullptr);
  release(allocate(100));
  Say("missing %d", dlsym(RTLD_DEFAULT, "a_function_that_nobody_has") == nullptr);
  Say("%d", dlerror() != nullptr);
  Say("%d", dlopen("/nonexistent/library.so", RTLD_NOW) == nullptr && dlerror() != nullptr);
  return 0;
}

TRAP(library_in_a_namespace_of_its_own) {
  void* math = dlmopen(LM_ID_NEWLM, "libm.so.6", RTLD_NOW);
  if (math == nullptr) return 1;
  auto root = reinterpret_cast<double (*)(double)>(dlsym(math, "sqrt"));
  Say("%.1f", root(81));
  return dlclose(math);
}

TRAP(environment_is_rewritten) {
  setenv("TRAP_A", "1", 1);
  static char entry[] = "TRAP_B=2";
  putenv(entry);
  Say("%s %s", getenv("TRAP_A"), getenv("TRAP_B"));
  clearenv();
  Say("%d", getenv("TRAP_A") == nullptr);
  environ = nullptr;
  free(malloc(10));
  setenv("TRAP_C", "3", 1);
  Say("%s", getenv("TRAP_C"));
  return 0;
}
