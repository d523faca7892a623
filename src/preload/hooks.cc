#include "preload/hooks.h"

#include <cstring>

#include "preload/runtime_api_hooks.h"
#include "preload/stale_connections.h"

namespace cleanslate::hooks {

int Opened(int fd) {
  if (fd >= 0 && WatchingThisProcess()) {
    Guard guard;
    recorder.DescriptorBorn(guard, fd);
  }
  return fd;
}

int OpenedPair(int result, const int* ends) {
  if (result == 0) {
    Opened(ends[0]);
    Opened(ends[1]);
  }
  return result;
}

FILE* Opened(FILE* stream) {
  if (stream != nullptr && Watching()) {
    const ErrnoKeeper keep;
    Opened(fileno(stream));
  }
  return stream;
}

DIR* Opened(DIR* folder) {
  if (folder != nullptr && Watching()) Opened(dirfd(folder));
  return folder;
}

int Duplicated(int from, int to) {
  Opened(to);
  if (to >= 0) RuntimeApiDuplicated(from, to);
  return to;
}

void ReceivedDescriptors(const msghdr& message) {
  if (!Watching()) return;
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr;
       control = CMSG_NXTHDR(const_cast<msghdr*>(&message), control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(fd));
      Opened(fd);
    }
  }
}

void Closing(int fd) {
  if (fd < 0 || !WatchingThisProcess()) return;
  const Guard guard;
  if (guard.outermost()) stale_connections.Closing(fd);
  recorder.DescriptorGone(guard, fd);
  if (guard.outermost()) RuntimeApiClosed(fd);
}

void Closing(FILE* stream) {
  if (stream == nullptr || !Watching()) return;
  const ErrnoKeeper keep;
  Closing(fileno(stream));
}

void Closing(DIR* folder) {
  if (folder != nullptr && Watching()) Closing(dirfd(folder));
}

void ClosingRange(unsigned first, unsigned last) {
  if (!WatchingThisProcess()) return;
  const Guard guard;
  recorder.DescriptorsGone(guard, first, last);
  if (guard.outermost()) RuntimeApiClosedRange(first, last);
}

Replacing::Replacing(int fd) : fd_(fd) {
  if (fd < 0 || !WatchingThisProcess()) return;
  Guard guard;
  old_ = recorder.DescriptorGone(guard, fd);
}

void Replacing::Failed() {
  if (old_.stack == StackId::kNone || !WatchingThisProcess()) return;
  Guard guard;
  recorder.DescriptorStays(guard, fd_, old_);
}

Deleting::Deleting(const char* path, int directory) {
  if (!WatchingThisProcess()) return;
  Guard guard;
  file_ = recorder.FileBehind(guard, directory, path);
}

int Deleting::Done(int result) {
  if (result == 0 && file_ != 0 && WatchingThisProcess()) {
    Guard guard;
    recorder.FileDeleted(guard, file_);
  }
  return result;
}

ssize_t Wrote(int fd, ssize_t result) {
  if (result >= 0 && Watching() && recorder.FileWriteIsNews(fd) && WatchingThisProcess()) {
    Guard guard;
    recorder.FileWritten(guard, fd);
  } else if (result < 0 && Watching()) {
    stale_connections.Refused(fd);
  }
  return result;
}

int Touched(int result, const char* path, int directory) {
  if (result >= 0 && WatchingThisProcess()) {
    Guard guard;
    recorder.PathTouched(guard, directory, path);
  }
  return result;
}

int Changed(int result, Attribute attribute, std::uint64_t detail) {
  if (result >= 0 && WatchingThisProcess()) {
    Guard guard;
    recorder.AttributeChanged(guard, attribute, detail);
  }
  return result;
}

int Unset(int result, Attribute attribute) {
  if (WatchingThisProcess()) {
    Guard guard;
    recorder.AttributeUnset(guard, attribute);
  }
  return result;
}

pid_t Spawned(pid_t pid) {
  if (pid > 0 && WatchingThisProcess()) {
    Guard guard;
    recorder.ProcessBorn(guard, pid);
  }
  return pid;
}

}  // namespace cleanslate::hooks
