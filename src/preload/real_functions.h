#pragma once

// The functions behind ours: what dlsym(RTLD_NEXT) names, so that an allocator or a tool preloaded below
// keeps working. All are looked up at once, before main: a lookup may allocate and take the loader's lock,
// which no hook may do later.

#include <dirent.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include <cstddef>

namespace cleanslate {

using SignalHandler = void (*)(int);

struct RealFunctions {
#define INTERPOSED(result, name, parameters) result(*name) parameters = nullptr;
#define INTERPOSED_CALL(result, name, parameters, number) INTERPOSED(result, name, parameters)
#include "preload/interposed_functions.inc"
#undef INTERPOSED
#undef INTERPOSED_CALL
};

extern constinit RealFunctions real_functions;

// Fills the table, in the one thread that there is then. Called by our constructor and by the few functions
// that can't do without when somebody calls them earlier. All the others go to the kernel until then: an
// allocator that maps its first pages may hold the lock that a lookup needs.
void ResolveRealFunctions();

inline const RealFunctions& Real() {
  return real_functions;
}

// Whether the process's malloc is ours: false where another preloaded allocator stands before us, or the
// program brings its own.
bool ProcessHeapIsOurs();

// Whether the allocator below is the C library's own.
bool RealHeapIsLibc();

}  // namespace cleanslate

// Defines the interposer of `name`. The assembler name keeps it apart from the header's declaration, whose
// attributes (nonnull, builtin, exception specification) are the caller's contract, not ours.
#define CLEANSLATE_INTERPOSE(result, name, parameters)                                                  \
  extern "C" __attribute__((visibility("default"))) result interposed_##name parameters __asm__(#name); \
  extern "C" result interposed_##name parameters
