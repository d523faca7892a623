#include "base/raw_io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace cleanslate::raw {

long FStat(int fd, struct stat* out) {
  return Call(SYS_fstat, fd, reinterpret_cast<long>(out));
}

long LStatAt(int dirfd, const char* path, struct stat* out) {
  return Call(SYS_newfstatat, dirfd, reinterpret_cast<long>(path), reinterpret_cast<long>(out),
              AT_SYMLINK_NOFOLLOW);
}

void WriteStderr(const char* text, std::size_t size) {
  while (size > 0) {
    const long written = Call(SYS_write, 2, reinterpret_cast<long>(text), static_cast<long>(size));
    if (written == -EINTR) continue;
    if (written <= 0) return;
    text += written;
    size -= static_cast<std::size_t>(written);
  }
}

void* MapPages(std::size_t bytes) {
  const long start = Call(SYS_mmap, 0, static_cast<long>(bytes), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start < 0 && start > -4096) return nullptr;
  // A huge page would turn one touched slot into two resident megabytes.
  Call(SYS_madvise, start, static_cast<long>(bytes), MADV_NOHUGEPAGE);
  return reinterpret_cast<void*>(start);
}

void AllowHugePages(void* start, std::size_t bytes) {
  Call(SYS_madvise, reinterpret_cast<long>(start), static_cast<long>(bytes), MADV_HUGEPAGE);
}

void UnmapPages(void* start, std::size_t bytes) {
  Call(SYS_munmap, reinterpret_cast<long>(start), static_cast<long>(bytes));
}

}  // namespace cleanslate::raw
