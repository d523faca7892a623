// Mappings of the host's own making. What the allocator maps comes by under its guard and is left out.

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "base/raw_io.h"
#include "preload/real_functions.h"
#include "preload/watch.h"
#include "record/code_map.h"
#include "record/recorder.h"

namespace cleanslate {

namespace {

// Those of file systems in memory, memfd_create(2)'s too, are memory.
bool IsOnDisk(int fd) {
  if (fd < 0) return false;
  struct statfs system = {};
  return raw::Call(SYS_fstatfs, fd, reinterpret_cast<long>(&system)) == 0 && system.f_type != TMPFS_MAGIC;
}

}  // namespace

#define MAPS(name)                                                                                    \
  CLEANSLATE_INTERPOSE(void*, name,                                                                   \
                       (void* start, size_t size, int protection, int flags, int fd, off_t offset)) { \
    void* mapped = Real().name(start, size, protection, flags, fd, offset);                           \
    if (mapped != MAP_FAILED && WatchingThisProcess()) {                                              \
      const bool of_file = (flags & MAP_ANONYMOUS) == 0 && IsOnDisk(fd);                              \
      recorder.MappingBorn(Guard(), mapped, size, of_file);                                           \
    }                                                                                                 \
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
  if (moved != MAP_FAILED)
    recorder.MappingBorn(guard, moved, new_size, removed.count > 0 && removed.pieces[0].of_file);
  return moved;
}

CLEANSLATE_INTERPOSE(int, dlclose, (void* library)) {
  const int result = Real().dlclose(library);
  if (Watching()) code_map.CodeUnmapped();
  return result;
}

}  // namespace cleanslate
