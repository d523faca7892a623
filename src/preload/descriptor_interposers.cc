// Calls that make, copy or end a descriptor.

#include <errno.h>
#include <fcntl.h>

#include "preload/hooks.h"
#include "preload/real_functions.h"

namespace cleanslate {

// A file that is opened for writing may change: see FileWritten.
#define OPENS_FILE(name, parameters, arguments, flags)         \
  CLEANSLATE_INTERPOSE(int, name, parameters) {                \
    const int fd = hooks::Opened(Real().name arguments);       \
    if (((flags)&O_ACCMODE) != O_RDONLY) hooks::Wrote(fd, fd); \
    return fd;                                                 \
  }
OPENS_FILE(open, (const char* path, int flags, mode_t mode), (path, flags, mode), flags)
OPENS_FILE(open64, (const char* path, int flags, mode_t mode), (path, flags, mode), flags)
OPENS_FILE(__open, (const char* path, int flags, mode_t mode), (path, flags, mode), flags)
OPENS_FILE(__open64, (const char* path, int flags, mode_t mode), (path, flags, mode), flags)
OPENS_FILE(__open_2, (const char* path, int flags), (path, flags), flags)
OPENS_FILE(__open64_2, (const char* path, int flags), (path, flags), flags)
OPENS_FILE(openat, (int directory, const char* path, int flags, mode_t mode), (directory, path, flags, mode),
           flags)
OPENS_FILE(openat64, (int directory, const char* path, int flags, mode_t mode),
           (directory, path, flags, mode), flags)
OPENS_FILE(__openat_2, (int directory, const char* path, int flags), (directory, path, flags), flags)
OPENS_FILE(__openat64_2, (int directory, const char* path, int flags), (directory, path, flags), flags)
OPENS_FILE(creat, (const char* path, mode_t mode), (path, mode), O_WRONLY)
OPENS_FILE(creat64, (const char* path, mode_t mode), (path, mode), O_WRONLY)
OPENS_FILE(open_by_handle_at, (int mount, void* handle, int flags), (mount, handle, flags), flags)
OPENS_FILE(mkstemp, (char* form), (form), O_RDWR)
OPENS_FILE(mkstemp64, (char* form), (form), O_RDWR)
OPENS_FILE(mkostemp, (char* form, int flags), (form, flags), O_RDWR)
OPENS_FILE(mkostemp64, (char* form, int flags), (form, flags), O_RDWR)
OPENS_FILE(mkstemps, (char* form, int suffix), (form, suffix), O_RDWR)
OPENS_FILE(mkstemps64, (char* form, int suffix), (form, suffix), O_RDWR)
OPENS_FILE(mkostemps, (char* form, int suffix, int flags), (form, suffix, flags), O_RDWR)
OPENS_FILE(mkostemps64, (char* form, int suffix, int flags), (form, suffix, flags), O_RDWR)
OPENS_FILE(shm_open, (const char* name, int flags, mode_t mode), (name, flags, mode), flags)

#define OPENS(name, parameters, arguments)       \
  CLEANSLATE_INTERPOSE(int, name, parameters) {  \
    return hooks::Opened(Real().name arguments); \
  }
OPENS(mq_open, (const char* name, int flags, mode_t mode, void* attributes), (name, flags, mode, attributes))
OPENS(__mq_open_2, (const char* name, int flags), (name, flags))
OPENS(posix_openpt, (int flags), (flags))
OPENS(eventfd, (unsigned initial, int flags), (initial, flags))
OPENS(epoll_create, (int size), (size))
OPENS(epoll_create1, (int flags), (flags))
OPENS(timerfd_create, (int clock, int flags), (clock, flags))
OPENS(inotify_init, (), ())
OPENS(inotify_init1, (int flags), (flags))
OPENS(fanotify_init, (unsigned flags, unsigned event_flags), (flags, event_flags))
OPENS(memfd_create, (const char* name, unsigned flags), (name, flags))
OPENS(pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
OPENS(pidfd_getfd, (int pidfd, int fd, unsigned flags), (pidfd, fd, flags))
OPENS(socket, (int domain, int type, int protocol), (domain, type, protocol))
OPENS(accept, (int fd, sockaddr* address, socklen_t* size), (fd, address, size))
OPENS(accept4, (int fd, sockaddr* address, socklen_t* size, int flags), (fd, address, size, flags))

// With a descriptor given, signalfd changes its mask and makes nothing.
CLEANSLATE_INTERPOSE(int, signalfd, (int fd, const sigset_t* mask, int flags)) {
  const int result = Real().signalfd(fd, mask, flags);
  return fd == -1 ? hooks::Opened(result) : result;
}

CLEANSLATE_INTERPOSE(int, openpty,
                     (int* master, int* slave, char* name, const void* terminal, const void* size)) {
  const int result = Real().openpty(master, slave, name, terminal, size);
  if (result == 0) hooks::Opened(*master), hooks::Opened(*slave);
  return result;
}

#define OPENS_PAIR(name, parameters, arguments)            \
  CLEANSLATE_INTERPOSE(int, name, parameters) {            \
    return hooks::OpenedPair(Real().name arguments, ends); \
  }
OPENS_PAIR(pipe, (int* ends), (ends))
OPENS_PAIR(__pipe, (int* ends), (ends))
OPENS_PAIR(pipe2, (int* ends, int flags), (ends, flags))
OPENS_PAIR(socketpair, (int domain, int type, int protocol, int* ends), (domain, type, protocol, ends))

CLEANSLATE_INTERPOSE(int, dup, (int fd)) {
  return hooks::Duplicated(fd, Real().dup(fd));
}

#define DUPLICATES_ONTO(name, parameters, arguments)   \
  CLEANSLATE_INTERPOSE(int, name, parameters) {        \
    if (fd == to) return Real().name arguments;        \
    hooks::Replacing replacing(to);                    \
    const int result = Real().name arguments;          \
    if (result >= 0) return hooks::Duplicated(fd, to); \
    replacing.Failed();                                \
    return result;                                     \
  }
DUPLICATES_ONTO(dup2, (int fd, int to), (fd, to))
DUPLICATES_ONTO(__dup2, (int fd, int to), (fd, to))
DUPLICATES_ONTO(dup3, (int fd, int to, int flags), (fd, to, flags))

#define CONTROLS(name)                                                         \
  CLEANSLATE_INTERPOSE(int, name, (int fd, int command, void* argument)) {     \
    const int result = Real().name(fd, command, argument);                     \
    const bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;  \
    return duplicates && result >= 0 ? hooks::Duplicated(fd, result) : result; \
  }
CONTROLS(fcntl)
CONTROLS(fcntl64)
CONTROLS(__fcntl)

#define CLOSES(name)                          \
  CLEANSLATE_INTERPOSE(int, name, (int fd)) { \
    hooks::Closing(fd);                       \
    return Real().name(fd);                   \
  }
CLOSES(close)
CLOSES(__close)
CLOSES(mq_close)

CLEANSLATE_INTERPOSE(int, close_range, (unsigned first, unsigned last, int flags)) {
  constexpr int kOnlyMark = 4;  // CLOSE_RANGE_CLOEXEC, close_range(2): nothing is closed yet
  if ((flags & kOnlyMark) == 0) hooks::ClosingRange(first, last);
  return Real().close_range(first, last, flags);
}

CLEANSLATE_INTERPOSE(void, closefrom, (int first)) {
  hooks::ClosingRange(first < 0 ? 0u : static_cast<unsigned>(first), ~0u);
  Real().closefrom(first);
}

// What a program asks of the kernel by number where its libc has no wrapper: the calls that make or end a
// descriptor.
CLEANSLATE_INTERPOSE(long, syscall, (long number, long a, long b, long c, long d, long e, long f)) {
  if (number == SYS_close) hooks::Closing(static_cast<int>(a));
  const long result = Real().syscall(number, a, b, c, d, e, f);
  switch (number) {
    case SYS_openat:
    case SYS_memfd_create:
    case SYS_pidfd_open:
    case SYS_socket:
    case SYS_eventfd2:
    case SYS_epoll_create1:
    case SYS_timerfd_create:
    case SYS_inotify_init1:
      hooks::Opened(static_cast<int>(result));
      break;
    case SYS_dup:
      hooks::Duplicated(static_cast<int>(a), static_cast<int>(result));
      break;
    default:
      break;
  }
  return result;
}

}  // namespace cleanslate
