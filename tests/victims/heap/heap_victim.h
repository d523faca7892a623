#pragma once

// A heap victim is a small program that knows what it allocated, where, and what of it is alive. It marks its
// own windows (include/cleanslate/annotate.h) and writes its knowledge, one line of JSON a window, to the
// file that VICTIM_TRUTH names; tests/heap compares the library's reports with it. Run as `heap_victims NAME
// [ARGUMENT...]`.
//
// {"window":"w1","heap":{"leak caller
// main":[blocks,bytes],...},"mappings":{...},"live":[blocks,bytes],"facts":{...}}
//
// A block stands under its chain: the functions on the stack at its birth, innermost first, up to `main` or
// the function that a thread began with. Nothing here allocates.

#include <stddef.h>

namespace heap {

struct Victim {
  const char* name;
  int (*run)(int argc, char** argv);
  const Victim* next;
  static const Victim* first;

  Victim(const char* name, int (*run)(int, char**)) : name(name), run(run), next(first) { first = this; }
};

// The compiler must neither see nor drop an allocation.
template <typename T>
T Opaque(T value) {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

// Something that was born in `chain` and isn't dead yet.
struct Born {
  void* address = nullptr;
  size_t bytes = 0;
  const char* chain = nullptr;
  int window = 0;  // 0: before the first; the books know nothing of it
};

// Any thread. `address` must not be null: the victim ends.
Born Keep(const char* chain, void* address, size_t bytes);
// Many at once, born in this window.
void Count(const char* chain, long blocks, long bytes);
// Many of earlier windows were freed.
void CountFreed(long blocks, long bytes);
// Before it is freed. KeepAgain: it wasn't freed after all.
void Drop(const Born& block);
void KeepAgain(const Born& block);
inline void Free(const Born& block);

Born KeepMapping(const char* chain, void* address, size_t bytes);
// Part of a region, or all of it, goes; `regions_more` of it stay.
void DropMapping(const Born& region, size_t bytes, int regions_more);

// Numbers that the test wants to know, written with the next window.
void Fact(const char* name, long value);

void BeginWindow();
// The library writes its report, then we ours.
void EndWindow();
// In a child of fork: nothing is known yet.
void ForgetAll();

[[noreturn]] void Fail(const char* what);

}  // namespace heap

extern "C" void free(void* block) noexcept;

inline void heap::Free(const Born& block) {
  Drop(block);
  free(block.address);
}

// A function that stands on the stack under its own name. Sources are compiled without sibling calls.
#if defined(__clang__)
#define NAMED extern "C" __attribute__((noinline, optnone, visibility("default")))
#else
#define NAMED extern "C" __attribute__((noipa, visibility("default")))
#endif

// Begins the body of a victim.
#define HEAP_VICTIM(name)                                \
  NAMED int name(int argc, char** argv);                 \
  static const heap::Victim victim_##name(#name, &name); \
  NAMED int name([[maybe_unused]] int argc, [[maybe_unused]] char** argv)
