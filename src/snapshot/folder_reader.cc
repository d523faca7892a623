#include "snapshot/folder_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/raw_io.h"

namespace cleanslate {
namespace {

constexpr long kBufferBytes = 32768;
constexpr long kRead = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr long kPass = O_PATH | O_DIRECTORY | O_CLOEXEC;

FileDescriptor OpenAt(int at, const char* name, long flags) {
  return FileDescriptor(raw::Call(SYS_openat, at, reinterpret_cast<long>(name), flags));
}

// Leaves the time of access alone, where the folder isn't somebody else's.
template <typename Open>
FileDescriptor OpenToRead(const Open& open) {
  FileDescriptor fd = open(kRead | O_NOATIME);
  return fd.error() == EPERM ? open(kRead) : std::move(fd);
}

FileDescriptor OpenWithoutLinks(int at, const char* relative) {
  return OpenToRead([&](long flags) {
    open_how how = {};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = RESOLVE_NO_SYMLINKS;
    return FileDescriptor(raw::Call(SYS_openat2, at, reinterpret_cast<long>(relative),
                                    reinterpret_cast<long>(&how), sizeof(how)));
  });
}

// The kernel's record of a name is what libc calls a dirent.
const dirent* RecordAt(const char* place) {
  return reinterpret_cast<const dirent*>(place);
}

bool IsDots(const char* name) {
  return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -EBADF)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) raw::Call(SYS_close, fd_);
}

FileDescriptor OpenRoot::Open(const std::string& path, struct stat& status) {
  if (path == path_) {
    FileDescriptor fd = OpenToRead([&](long flags) { return OpenAt(AT_FDCWD, path.c_str(), flags); });
    const long failed = fd.is_open() ? raw::FStat(fd.get(), &status) : 0;
    return failed < 0 ? FileDescriptor(failed) : std::move(fd);
  }
  if (const long failed = OpenItself(); failed < 0) return FileDescriptor(failed);
  FileDescriptor fd = OpenBelow(Below(path));
  if (!fd.is_open()) return fd;
  if (const long failed = raw::FStat(fd.get(), &status); failed < 0) return FileDescriptor(failed);
  return status.st_dev == itself_.st_dev ? std::move(fd) : FileDescriptor(-EXDEV);
}

long OpenRoot::Look(const std::string& path, struct stat& status) {
  if (const long failed = OpenItself(); failed < 0) return failed;
  if (path != path_) return raw::LStatAt(at_.get(), Below(path), &status);
  status = itself_;
  return 0;
}

long OpenRoot::OpenItself() {
  if (at_.is_open()) return 0;
  at_ = OpenAt(AT_FDCWD, path_.c_str(), kPass);
  return at_.is_open() ? raw::FStat(at_.get(), &itself_) : -at_.error();
}

FileDescriptor OpenRoot::OpenBelow(const char* relative) {
  const char* slash = std::strchr(relative, '/');
  if (slash != nullptr) {
    FileDescriptor fd = OpenWithoutLinks(at_.get(), relative);
    // Older kernels and sandboxes don't know the call, and a path may be longer than one call takes.
    if (fd.error() != ENOSYS && fd.error() != EPERM && fd.error() != ENAMETOOLONG) return fd;
  }
  FileDescriptor step;
  const FileDescriptor* at = &at_;
  for (; slash != nullptr; relative = slash + 1, slash = std::strchr(relative, '/')) {
    FileDescriptor next = OpenAt(at->get(), std::string(relative, slash).c_str(), kPass | O_NOFOLLOW);
    struct stat status = {};
    if (!next.is_open()) return next;
    if (const long failed = raw::FStat(next.get(), &status); failed < 0) return FileDescriptor(failed);
    if (status.st_dev != itself_.st_dev) return FileDescriptor(-EXDEV);
    step = std::move(next);
    at = &step;
  }
  return OpenToRead([&](long flags) { return OpenAt(at->get(), relative, flags | O_NOFOLLOW); });
}

FolderReader::FolderReader() : buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {}

void FolderReader::Start(int fd, long position) {
  fd_ = fd;
  error_ = 0;
  position_ = position;
  filled_ = used_ = 0;
  if (position == 0) return;
  if (const long at = raw::Call(SYS_lseek, fd, position, SEEK_SET); at < 0) error_ = static_cast<int>(-at);
}

const char* FolderReader::Next() {
  while (error_ == 0) {
    if (used_ == filled_) {
      used_ = 0;
      filled_ = raw::Call(SYS_getdents64, fd_, reinterpret_cast<long>(buffer_.get()), kBufferBytes);
      if (filled_ <= 0) {
        error_ = static_cast<int>(-filled_);
        filled_ = 0;
        return nullptr;
      }
    }
    const dirent* const record = RecordAt(buffer_.get() + used_);
    used_ += record->d_reclen;
    position_ = record->d_off;
    inode_ = record->d_ino;
    if (!IsDots(record->d_name)) return record->d_name;
  }
  return nullptr;
}

}  // namespace cleanslate
