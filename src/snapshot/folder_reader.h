#pragma once

// Opens and reads the folders of a watched tree, a handful of system calls each: libc's opendir would take
// 32 KB from the host's heap for every one of them.
//
// COLD; what is opened is closed by its owner's destructor.

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>

namespace cleanslate {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(long opened) : fd_(static_cast<int>(opened)) {}  // or -errno
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int error() const { return fd_ < 0 ? -fd_ : 0; }  // why it isn't open

 private:
  int fd_ = -EBADF;
};

// One watched folder, kept open so that those below it are found from there.
class OpenRoot {
 public:
  explicit OpenRoot(std::string path) : path_(std::move(path)) {}

  // Opens the watched folder itself, which may be named by a link, or one below it: there no component may be
  // a link, and the folder must be on the same file system, else the error is EXDEV.
  FileDescriptor Open(const std::string& path, struct stat& status);

  // The same folder's status, for a system call; whoever asks compares what it identifies, for a component
  // may be a link. 0, or -errno.
  long Look(const std::string& path, struct stat& status);

 private:
  long OpenItself();  // 0, or -errno
  const char* Below(const std::string& path) const {
    return path.c_str() + (path_ == "/" ? 1 : path_.size() + 1);
  }
  FileDescriptor OpenBelow(const char* relative);

  std::string path_;
  FileDescriptor at_;
  struct stat itself_ = {};
};

// Gives the names in an open folder, without those of itself and its parent.
class FolderReader {
 public:
  FolderReader();

  // `position` is 0, or one that a reader of the same folder had.
  void Start(int fd, long position);
  const char* Next();  // null at the end, or where the folder can't be read on; valid until the next call
  long position() const { return position_; }     // behind what Next gave
  std::uint64_t inode() const { return inode_; }  // as the folder has it: of what Next gave
  int error() const { return error_; }            // 0 at the end

 private:
  std::unique_ptr<char[]> buffer_;
  int fd_ = -1;
  int error_ = 0;
  long position_ = 0;
  std::uint64_t inode_ = 0;
  long filled_ = 0, used_ = 0;
};

}  // namespace cleanslate
