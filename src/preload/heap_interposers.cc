// The heap. A guard covers the real call: what the allocator itself maps is not the host's.

#include <cerrno>

#include "base/bootstrap_arena.h"
#include "preload/real_functions.h"
#include "preload/watch.h"
#include "record/recorder.h"

namespace cleanslate {
namespace {

// Before the real call and after it. Macros, so that the call site is the interposer's own, and is put
// together again where it is needed rather than kept.
#define PREPARE(bytes) \
  const Guard guard;   \
  const Recorder::Booking booking = recorder.Prepare(guard, CLEANSLATE_CALL_SITE(), bytes)
#define BORN(block, bytes)                                \
  if (!recorder.Book(booking, block, bytes)) [[unlikely]] \
  recorder.BlockBorn(guard, CLEANSLATE_CALL_SITE(), block, bytes)

// Blocks that were handed out before the real heap was known live in the arena for good.
bool FromArena(const void* block) {
  return bootstrap_arena.Owns(block);
}

void* MoveOutOfArena(void* block, size_t size) {
  void* moved = real_functions.malloc(size);
  if (moved == nullptr) return nullptr;
  const char* from = static_cast<const char*>(block);
  char* to = static_cast<char*>(moved);
  for (size_t i = 0; i < size && bootstrap_arena.Owns(from + i); ++i) to[i] = from[i];
  return moved;
}

}  // namespace

CLEANSLATE_INTERPOSE(void*, malloc, (size_t size)) {
  if (!Watching()) [[likely]]
    return real_functions.malloc(size);
  PREPARE(size);
  void* block = real_functions.malloc(size);
  BORN(block, size);
  return block;
}

CLEANSLATE_INTERPOSE(void, free, (void* block)) {
  if (FromArena(block)) [[unlikely]]
    return;
  if (!Watching()) [[likely]]
    return real_functions.free(block);
  const Guard guard;
  recorder.BlockGone(guard, block);
  real_functions.free(block);
}

CLEANSLATE_INTERPOSE(void, cfree, (void* block)) {
  interposed_free(block);
}

CLEANSLATE_INTERPOSE(void*, calloc, (size_t count, size_t size)) {
  if (!Watching()) [[likely]]
    return real_functions.calloc(count, size);
  PREPARE(count * size);
  void* block = real_functions.calloc(count, size);
  BORN(block, count * size);
  return block;
}

namespace {

void* Reallocate(const CallSite& site, void* block, size_t size) {
  if (FromArena(block)) [[unlikely]]
    return MoveOutOfArena(block, size);
  if (!Watching()) [[likely]]
    return real_functions.realloc(block, size);
  const Guard guard;
  const BlockRecord old = recorder.BlockGone(guard, block);
  const Recorder::Booking booking = recorder.Prepare(guard, site, size);
  void* moved = real_functions.realloc(block, size);
  if (moved == nullptr) {
    if (size != 0) recorder.BlockStays(guard, block, old);
  } else if (!recorder.Book(booking, moved, size)) {
    recorder.BlockBorn(guard, site, moved, size);
  }
  return moved;
}

}  // namespace

CLEANSLATE_INTERPOSE(void*, realloc, (void* block, size_t size)) {
  return Reallocate(CLEANSLATE_CALL_SITE(), block, size);
}

// Where another allocator stands before us, libc's own knows to call that one's realloc; ours would mix two
// heaps.
CLEANSLATE_INTERPOSE(void*, reallocarray, (void* block, size_t count, size_t size)) {
  if (!ProcessHeapIsOurs()) return Real().reallocarray(block, count, size);
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return Reallocate(CLEANSLATE_CALL_SITE(), block, bytes);
}

CLEANSLATE_INTERPOSE(int, posix_memalign, (void** out, size_t alignment, size_t size)) {
  if (!Watching()) [[likely]]
    return Real().posix_memalign(out, alignment, size);
  PREPARE(size);
  const int error = real_functions.posix_memalign(out, alignment, size);
  if (error == 0) {
    BORN(*out, size);
  }
  return error;
}

#define ALIGNED_ALLOCATION(name, parameters, arguments, bytes) \
  CLEANSLATE_INTERPOSE(void*, name, parameters) {              \
    if (!Watching()) [[likely]]                                \
      return Real().name arguments;                            \
    PREPARE(bytes);                                            \
    void* block = real_functions.name arguments;               \
    BORN(block, bytes);                                        \
    return block;                                              \
  }
ALIGNED_ALLOCATION(memalign, (size_t alignment, size_t size), (alignment, size), size)
ALIGNED_ALLOCATION(aligned_alloc, (size_t alignment, size_t size), (alignment, size), size)
ALIGNED_ALLOCATION(valloc, (size_t size), (size), size)
ALIGNED_ALLOCATION(pvalloc, (size_t size), (size), size)

CLEANSLATE_INTERPOSE(size_t, malloc_usable_size, (void* block)) {
  return FromArena(block) ? 0 : Real().malloc_usable_size(block);
}

}  // namespace cleanslate
