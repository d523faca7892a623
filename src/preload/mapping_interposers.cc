// Mappings of the host's own making. What the allocator maps comes by under its guard and is left out.

#include <sys/mman.h>

#include "preload/real_functions.h"
#include "preload/watch.h"
#include "record/code_map.h"
#include "record/recorder.h"

namespace cleanslate {

#define MAPS(name)                                                                                    \
  CLEANSLATE_INTERPOSE(void*, name,                                                                   \
                       (void* start, size_t size, int protection, int flags, int fd, off_t offset)) { \
    void* mapped = Real().name(start, size, protection, flags, fd, offset);                           \
    if (mapped != MAP_FAILED && WatchingThisProcess()) recorder.MappingBorn(Guard(), mapped, size);   \
    return mapped;                                                                                    \
  }
MAPS(mmap)
MAPS(mmap64)

// Told before the real call: afterwards the addresses may be another thread's new mapping.
CLEANSLATE_INTERPOSE(int, munmap, (void* start, size_t size)) {
  if (!WatchingThisProcess()) return Real().munmap(start, size);
  const Guard guard;
  const MappingTable::Removed removed = recorder.MappingGone(guard, start, size);
  const int result = Real().munmap(start, size);
  if (result != 0) recorder.MappingStays(guard, removed);
  return result;
}

CLEANSLATE_INTERPOSE(void*, mremap,
                     (void* old_start, size_t old_size, size_t new_size, int flags, void* new_start)) {
  if (!WatchingThisProcess()) return Real().mremap(old_start, old_size, new_size, flags, new_start);
  const Guard guard;
  const MappingTable::Removed removed = recorder.MappingGone(guard, old_start, old_size);
  void* moved = Real().mremap(old_start, old_size, new_size, flags, new_start);
  if (moved == MAP_FAILED || (flags & MREMAP_DONTUNMAP) != 0) recorder.MappingStays(guard, removed);
  if (moved != MAP_FAILED) recorder.MappingBorn(guard, moved, new_size);
  return moved;
}

CLEANSLATE_INTERPOSE(int, dlclose, (void* library)) {
  const int result = Real().dlclose(library);
  if (Watching()) code_map.CodeUnmapped();
  return result;
}

}  // namespace cleanslate
