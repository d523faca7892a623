// Calls that move bytes. On a connection to the Runtime API they carry the boundaries; on a file they change
// it.

#include "preload/hooks.h"
#include "preload/real_functions.h"
#include "preload/runtime_api_hooks.h"

namespace cleanslate {

#define WRITES(name, parameters, arguments, fd)     \
  CLEANSLATE_INTERPOSE(ssize_t, name, parameters) { \
    return hooks::Wrote(fd, Real().name arguments); \
  }
WRITES(pwrite, (int fd, const void* bytes, size_t size, off_t offset), (fd, bytes, size, offset), fd)
WRITES(pwrite64, (int fd, const void* bytes, size_t size, off_t offset), (fd, bytes, size, offset), fd)
WRITES(__pwrite64, (int fd, const void* bytes, size_t size, off_t offset), (fd, bytes, size, offset), fd)
WRITES(pwritev, (int fd, const iovec* parts, int count, off_t offset), (fd, parts, count, offset), fd)
WRITES(pwritev64, (int fd, const iovec* parts, int count, off_t offset), (fd, parts, count, offset), fd)
WRITES(pwritev2, (int fd, const iovec* parts, int count, off_t offset, int flags),
       (fd, parts, count, offset, flags), fd)
WRITES(pwritev64v2, (int fd, const iovec* parts, int count, off_t offset, int flags),
       (fd, parts, count, offset, flags), fd)
WRITES(sendfile, (int to, int from, off_t* offset, size_t size), (to, from, offset, size), to)
WRITES(sendfile64, (int to, int from, off_t* offset, size_t size), (to, from, offset, size), to)
WRITES(copy_file_range, (int from, off_t* from_offset, int to, off_t* to_offset, size_t size, unsigned flags),
       (from, from_offset, to, to_offset, size, flags), to)
WRITES(splice, (int from, off_t* from_offset, int to, off_t* to_offset, size_t size, unsigned flags),
       (from, from_offset, to, to_offset, size, flags), to)

#define CHANGES_FILE(name, parameters, arguments)                     \
  CLEANSLATE_INTERPOSE(int, name, parameters) {                       \
    return static_cast<int>(hooks::Wrote(fd, Real().name arguments)); \
  }
CHANGES_FILE(ftruncate, (int fd, off_t size), (fd, size))
CHANGES_FILE(ftruncate64, (int fd, off_t size), (fd, size))
CHANGES_FILE(fallocate, (int fd, int mode, off_t offset, off_t size), (fd, mode, offset, size))
CHANGES_FILE(fallocate64, (int fd, int mode, off_t offset, off_t size), (fd, mode, offset, size))
CHANGES_FILE(posix_fallocate, (int fd, off_t offset, off_t size), (fd, offset, size))
CHANGES_FILE(posix_fallocate64, (int fd, off_t offset, off_t size), (fd, offset, size))
CHANGES_FILE(fchmod, (int fd, mode_t mode), (fd, mode))
CHANGES_FILE(fchown, (int fd, uid_t owner, gid_t group), (fd, owner, group))
CHANGES_FILE(futimes, (int fd, const void* times), (fd, times))
CHANGES_FILE(futimens, (int fd, const void* times), (fd, times))
CHANGES_FILE(fsetxattr, (int fd, const char* name, const void* value, size_t size, int flags),
             (fd, name, value, size, flags))
CHANGES_FILE(fremovexattr, (int fd, const char* name), (fd, name))

#define SENDS(name, parameters, arguments, parts, count)                       \
  CLEANSLATE_INTERPOSE(ssize_t, name, parameters) {                            \
    if (!RuntimeApiTapped(fd)) return hooks::Wrote(fd, Real().name arguments); \
    RuntimeApiSend sending(fd, parts, count);                                  \
    return sending.Done(Real().name arguments);                                \
  }
#define SENDS_BYTES(name, parameters, arguments)                               \
  CLEANSLATE_INTERPOSE(ssize_t, name, parameters) {                            \
    if (!RuntimeApiTapped(fd)) return hooks::Wrote(fd, Real().name arguments); \
    const iovec part = {const_cast<void*>(bytes), size};                       \
    RuntimeApiSend sending(fd, &part, 1);                                      \
    return sending.Done(Real().name arguments);                                \
  }
SENDS_BYTES(write, (int fd, const void* bytes, size_t size), (fd, bytes, size))
SENDS_BYTES(__write, (int fd, const void* bytes, size_t size), (fd, bytes, size))
SENDS_BYTES(send, (int fd, const void* bytes, size_t size, int flags), (fd, bytes, size, flags))
SENDS_BYTES(sendto,
            (int fd, const void* bytes, size_t size, int flags, const sockaddr* to, socklen_t to_size),
            (fd, bytes, size, flags, to, to_size))
SENDS(writev, (int fd, const iovec* parts, int count), (fd, parts, count), parts,
      static_cast<std::size_t>(count))
SENDS(sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags), message->msg_iov,
      message->msg_iovlen)

CLEANSLATE_INTERPOSE(int, sendmmsg, (int fd, mmsghdr* messages, unsigned count, int flags)) {
  if (!RuntimeApiTapped(fd) || count == 0) return Real().sendmmsg(fd, messages, count, flags);
  // A stream has no messages to keep apart: one at a time, so that a boundary falls where it belongs.
  RuntimeApiSend sending(fd, messages[0].msg_hdr.msg_iov, messages[0].msg_hdr.msg_iovlen);
  const int sent = Real().sendmmsg(fd, messages, 1, flags);
  sending.Done(sent == 1 ? static_cast<ssize_t>(messages[0].msg_len) : -1);
  return sent;
}

#define RECEIVES_BYTES(name, parameters, arguments, peeks) \
  CLEANSLATE_INTERPOSE(ssize_t, name, parameters) {        \
    const ssize_t received = Real().name arguments;        \
    if (!RuntimeApiTapped(fd) || (peeks)) return received; \
    const iovec part = {bytes, size};                      \
    return RuntimeApiReceived(fd, &part, 1, received);     \
  }
RECEIVES_BYTES(read, (int fd, void* bytes, size_t size), (fd, bytes, size), false)
RECEIVES_BYTES(__read, (int fd, void* bytes, size_t size), (fd, bytes, size), false)
RECEIVES_BYTES(__read_chk, (int fd, void* bytes, size_t size, size_t room), (fd, bytes, size, room), false)
RECEIVES_BYTES(recv, (int fd, void* bytes, size_t size, int flags), (fd, bytes, size, flags),
               (flags & MSG_PEEK) != 0)
RECEIVES_BYTES(__recv_chk, (int fd, void* bytes, size_t size, size_t room, int flags),
               (fd, bytes, size, room, flags), (flags & MSG_PEEK) != 0)
RECEIVES_BYTES(recvfrom, (int fd, void* bytes, size_t size, int flags, sockaddr* from, socklen_t* from_size),
               (fd, bytes, size, flags, from, from_size), (flags & MSG_PEEK) != 0)
RECEIVES_BYTES(__recvfrom_chk,
               (int fd, void* bytes, size_t size, size_t room, int flags, sockaddr* from,
                socklen_t* from_size),
               (fd, bytes, size, room, flags, from, from_size), (flags & MSG_PEEK) != 0)

CLEANSLATE_INTERPOSE(ssize_t, readv, (int fd, const iovec* parts, int count)) {
  const ssize_t received = Real().readv(fd, parts, count);
  return RuntimeApiTapped(fd) ? RuntimeApiReceived(fd, parts, static_cast<std::size_t>(count), received)
                              : received;
}

CLEANSLATE_INTERPOSE(ssize_t, recvmsg, (int fd, msghdr* message, int flags)) {
  const ssize_t received = Real().recvmsg(fd, message, flags);
  if (received < 0 || (flags & MSG_PEEK) != 0) return received;
  hooks::ReceivedDescriptors(*message);
  return RuntimeApiTapped(fd) ? RuntimeApiReceived(fd, message->msg_iov, message->msg_iovlen, received)
                              : received;
}

CLEANSLATE_INTERPOSE(int, recvmmsg,
                     (int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout)) {
  const int received = Real().recvmmsg(fd, messages, count, flags, timeout);
  for (int i = 0; i < received && (flags & MSG_PEEK) == 0; ++i) {
    const msghdr& message = messages[i].msg_hdr;
    hooks::ReceivedDescriptors(message);
    if (RuntimeApiTapped(fd))
      RuntimeApiReceived(fd, message.msg_iov, message.msg_iovlen, messages[i].msg_len);
  }
  return received;
}

CLEANSLATE_INTERPOSE(int, connect, (int fd, const sockaddr* address, socklen_t size)) {
  RuntimeApiConnecting(address, size);
  const int result = Real().connect(fd, address, size);
  RuntimeApiConnected(fd, address, size, result);
  return result;
}

}  // namespace cleanslate
