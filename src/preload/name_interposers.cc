// Calls that make, move, change or delete what a name stands for.

#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "preload/hooks.h"
#include "preload/real_functions.h"

namespace cleanslate {

#define TOUCHES(name, parameters, arguments, path)      \
  CLEANSLATE_INTERPOSE(int, name, parameters) {         \
    return hooks::Touched(Real().name arguments, path); \
  }
TOUCHES(truncate, (const char* path, off_t size), (path, size), path)
TOUCHES(truncate64, (const char* path, off_t size), (path, size), path)
TOUCHES(mkdir, (const char* path, mode_t mode), (path, mode), path)
TOUCHES(mknod, (const char* path, mode_t mode, dev_t device), (path, mode, device), path)
TOUCHES(__xmknod, (int version, const char* path, mode_t mode, dev_t* device), (version, path, mode, device),
        path)
TOUCHES(mkfifo, (const char* path, mode_t mode), (path, mode), path)
// A socket's name in the file system; those that begin with a zero have none there.
CLEANSLATE_INTERPOSE(int, bind, (int fd, const sockaddr* address, socklen_t size)) {
  const int result = Real().bind(fd, address, size);
  constexpr socklen_t kHead = offsetof(sockaddr_un, sun_path);
  if (result != 0 || size <= kHead || address->sa_family != AF_UNIX || !Watching()) return result;
  char path[sizeof(sockaddr_un::sun_path) + 1] = {};
  const std::size_t length = size - kHead < sizeof path - 1 ? size - kHead : sizeof path - 1;
  std::memcpy(path, reinterpret_cast<const char*>(address) + kHead, length);
  return path[0] == '\0' ? result : hooks::Touched(result, path);
}

TOUCHES(link, (const char* from, const char* to), (from, to), to)
TOUCHES(symlink, (const char* target, const char* path), (target, path), path)
TOUCHES(rename, (const char* from, const char* to), (from, to), to)
TOUCHES(chmod, (const char* path, mode_t mode), (path, mode), path)
TOUCHES(chown, (const char* path, uid_t owner, gid_t group), (path, owner, group), path)
TOUCHES(lchown, (const char* path, uid_t owner, gid_t group), (path, owner, group), path)
TOUCHES(utime, (const char* path, const void* times), (path, times), path)
TOUCHES(utimes, (const char* path, const void* times), (path, times), path)
TOUCHES(lutimes, (const char* path, const void* times), (path, times), path)
TOUCHES(setxattr, (const char* path, const char* name, const void* value, size_t size, int flags),
        (path, name, value, size, flags), path)
TOUCHES(lsetxattr, (const char* path, const char* name, const void* value, size_t size, int flags),
        (path, name, value, size, flags), path)
TOUCHES(removexattr, (const char* path, const char* name), (path, name), path)
TOUCHES(lremovexattr, (const char* path, const char* name), (path, name), path)

#define TOUCHES_AT(name, parameters, arguments, directory, path)   \
  CLEANSLATE_INTERPOSE(int, name, parameters) {                    \
    return hooks::Touched(Real().name arguments, path, directory); \
  }
TOUCHES_AT(mkdirat, (int directory, const char* path, mode_t mode), (directory, path, mode), directory, path)
TOUCHES_AT(mknodat, (int directory, const char* path, mode_t mode, dev_t device),
           (directory, path, mode, device), directory, path)
TOUCHES_AT(__xmknodat, (int version, int directory, const char* path, mode_t mode, dev_t* device),
           (version, directory, path, mode, device), directory, path)
TOUCHES_AT(mkfifoat, (int directory, const char* path, mode_t mode), (directory, path, mode), directory, path)
TOUCHES_AT(linkat, (int from_directory, const char* from, int to_directory, const char* to, int flags),
           (from_directory, from, to_directory, to, flags), to_directory, to)
TOUCHES_AT(symlinkat, (const char* target, int directory, const char* path), (target, directory, path),
           directory, path)
TOUCHES_AT(renameat, (int from_directory, const char* from, int to_directory, const char* to),
           (from_directory, from, to_directory, to), to_directory, to)
TOUCHES_AT(renameat2,
           (int from_directory, const char* from, int to_directory, const char* to, unsigned flags),
           (from_directory, from, to_directory, to, flags), to_directory, to)
TOUCHES_AT(fchmodat, (int directory, const char* path, mode_t mode, int flags),
           (directory, path, mode, flags), directory, path)
TOUCHES_AT(fchownat, (int directory, const char* path, uid_t owner, gid_t group, int flags),
           (directory, path, owner, group, flags), directory, path)
TOUCHES_AT(futimesat, (int directory, const char* path, const void* times), (directory, path, times),
           directory, path)

// Without a path, utimensat changes the descriptor's own file.
CLEANSLATE_INTERPOSE(int, utimensat, (int directory, const char* path, const void* times, int flags)) {
  const int result = Real().utimensat(directory, path, times, flags);
  return path == nullptr ? static_cast<int>(hooks::Wrote(directory, result))
                         : hooks::Touched(result, path, directory);
}

CLEANSLATE_INTERPOSE(char*, mkdtemp, (char* form)) {
  char* made = Real().mkdtemp(form);
  if (made != nullptr) hooks::Touched(0, made);
  return made;
}

#define DELETES(name)                                   \
  CLEANSLATE_INTERPOSE(int, name, (const char* path)) { \
    hooks::Deleting deleting(path);                     \
    return deleting.Done(Real().name(path));            \
  }
DELETES(unlink)
DELETES(rmdir)
DELETES(remove)

CLEANSLATE_INTERPOSE(int, unlinkat, (int directory, const char* path, int flags)) {
  hooks::Deleting deleting(path, directory);
  return deleting.Done(Real().unlinkat(directory, path, flags));
}

// Names outside the file system that is walked: their files show in /dev/shm, without who.
CLEANSLATE_INTERPOSE(int, shm_unlink, (const char* name)) {
  return Real().shm_unlink(name);
}
CLEANSLATE_INTERPOSE(int, sem_unlink, (const char* name)) {
  return Real().sem_unlink(name);
}
CLEANSLATE_INTERPOSE(int, mq_unlink, (const char* name)) {
  return Real().mq_unlink(name);
}
CLEANSLATE_INTERPOSE(sem_t*, sem_open, (const char* name, int flags, mode_t mode, unsigned value)) {
  return Real().sem_open(name, flags, mode, value);
}

}  // namespace cleanslate
