#pragma once

// A trap is a small thing that a program may rightly do and that has broken preload tools. It prints what it
// sees and returns its exit code; tests/victims/same_behaviour.py demands the same output with the library as
// without. What it prints must not depend on addresses, process ids or scheduling.

namespace trap {

struct Trap {
  const char* name;
  int (*run)();
  const Trap* next;
  static const Trap* first;  // zero before any constructor runs, so that traps can be registered in any order

  Trap(const char* name, int (*run)()) : name(name), run(run), next(first) { first = this; }
};

// printf to descriptor 1 without a buffer, so that fork and _exit neither double nor lose a line.
__attribute__((format(printf, 1, 2))) void Say(const char* format, ...);

}  // namespace trap

// Begins the body of a trap. CMakeLists.txt reads the names from lines that begin so.
#define TRAP(name)                                   \
  static int name();                                 \
  static const trap::Trap trap_##name(#name, &name); \
  static int name()

// Says what a call returns and leaves in errno: 77 must still be there wherever the C library leaves it
// alone.
#define SAY_RESULT(call)                                    \
  do {                                                      \
    errno = 77;                                             \
    long result_ = static_cast<long>(call);                 \
    int error_ = errno;                                     \
    trap::Say("%s = %ld errno %d", #call, result_, error_); \
  } while (false)
