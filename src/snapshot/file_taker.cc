#include "snapshot/file_taker.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <deque>
#include <memory>
#include <set>
#include <utility>

namespace cleanslate {
namespace {

constexpr std::size_t kEntriesBetweenClockReads = 32;

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The coarse clock is the one that the kernel stamps files with.
std::int64_t FileClockNow() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return Nanoseconds(now);
}

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string Joined(const std::string& folder, const char* name) {
  return folder == "/" ? folder + name : folder + "/" + name;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

FileDescriptor OpenFolder(int at, const char* name, int flags) {
  flags |= O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  int fd = openat(at, name, flags | O_NOATIME);
  if (fd < 0 && errno == EPERM) fd = openat(at, name, flags);  // somebody else's folder
  return FileDescriptor(fd);
}

// Step by step from the root, so that no component can have become a symbolic link or a mount point
// meanwhile. errno says why there is none; a mount point gives EXDEV.
FileDescriptor OpenBelow(const std::string& root, const std::string& path) {
  if (path == root) return OpenFolder(AT_FDCWD, root.c_str(), 0);
  FileDescriptor at(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat status = {};
  if (at.get() < 0 || fstat(at.get(), &status) != 0) return FileDescriptor();
  const dev_t device = status.st_dev;
  std::size_t begin = root == "/" ? 1 : root.size() + 1;
  while (begin < path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    FileDescriptor next =
        end == path.size()
            ? OpenFolder(at.get(), name.c_str(), O_NOFOLLOW)
            : FileDescriptor(openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0 || fstat(next.get(), &status) != 0) return FileDescriptor();
    if (status.st_dev != device) {
      errno = EXDEV;
      return FileDescriptor();
    }
    at = std::move(next);
    begin = end + 1;
  }
  return at;
}

bool MeansGone(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV;
}

FileType TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  if (S_ISSOCK(mode)) return FileType::kSocket;
  if (S_ISFIFO(mode)) return FileType::kFifo;
  return FileType::kOther;
}

}  // namespace

struct FileTaker::Budget {
  std::size_t entries;
  Clock::time_point deadline;
  std::size_t used = 0;
  bool spent = false;

  // Asked before each step. The first few steps are always granted, so that a walk gets on under any
  // deadline.
  bool Spent() {
    if (used >= entries) spent = true;
    if (!spent && used > 0 && used % kEntriesBetweenClockReads == 0) spent = Clock::now() >= deadline;
    ++used;
    return spent;
  }
};

FileTaker::FileTaker(FileTakerOptions options) : options_(std::move(options)) {
  for (std::string& root : options_.folders) root = WithoutTrailingSlashes(std::move(root));
}

void FileTaker::Enroll(const std::string& path, const std::string& root, int depth, bool is_new) {
  Folder folder;
  folder.root = root;
  folder.depth = depth;
  folder.is_new = is_new;
  folders_.emplace(path, std::move(folder));
}

void FileTaker::Forget(const std::string& path) {
  const auto forget = [this](auto at) {
    known_ -= at->second.entries.size();
    return folders_.erase(at);
  };
  if (const auto at = folders_.find(path); at != folders_.end()) forget(at);
  const std::string below = Joined(path, "");
  for (auto at = folders_.lower_bound(below); at != folders_.end() && at->first.starts_with(below);)
    at = forget(at);
}

void FileTaker::Note(const std::string& folder_path, Folder& folder, const char* name,
                     const struct stat& status, dev_t device) {
  auto at = folder.entries.find(name);
  const bool first_sight = at == folder.entries.end();
  if (first_sight) {
    if (known_ >= options_.max_known) {
      ++refused_;
      return;
    }
    ++known_;
    at = folder.entries.emplace(name, Known{}).first;
    at->second.entry.path = Joined(folder_path, name);
    at->second.entry.root = static_cast<std::uint32_t>(folder.root.size());
  }
  Known& known = at->second;
  known.pass = folder.pass;
  known.links = status.st_nlink;
  FileEntry& entry = known.entry;
  const bool was_folder = entry.type == FileType::kDirectory;
  entry.type = TypeOf(status.st_mode);
  entry.bytes = status.st_size;
  entry.modified_ns = Nanoseconds(status.st_mtim);
  entry.changed_ns = Nanoseconds(status.st_ctim);
  const bool same_file = entry.device == status.st_dev && entry.inode == status.st_ino;
  entry.device = status.st_dev;
  entry.inode = status.st_ino;
  // What changed after the first Take did so while we watched, whenever it is found.
  if (first_sight)
    entry.found_late =
        take_ > 1 && folder.last_take == 0 && !folder.is_new && entry.changed_ns < first_take_ns_;
  const Birth birth = options_.birth ? options_.birth(entry.device, entry.inode) : Birth();
  // A birth that is no longer on record was still seen.
  const bool known_birth = birth.window != 0 || birth.stack != StackId::kNone;
  if (known_birth || !same_file) {
    entry.born = birth.window;
    entry.stack = birth.stack;
  }

  const bool is_folder = entry.type == FileType::kDirectory && status.st_dev == device;
  if (was_folder && !is_folder) Forget(entry.path);
  if (!is_folder || folders_.contains(entry.path)) return;
  if (folder.depth + 1 > options_.max_depth) {
    ++refused_;
    return;
  }
  Enroll(entry.path, folder.root, folder.depth + 1, first_sight && (folder.is_new || folder.last_take > 0));
  queue_.push_back(entry.path);
}

void FileTaker::Visit(const std::string& path, Folder& folder, Budget& budget) {
  if (budget.Spent()) return;
  folder.last_attempt = take_;
  folder.failed = false;
  FileDescriptor fd = OpenBelow(folder.root, path);
  struct stat status = {};
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) {
    if (!MeansGone(errno)) {
      folder.failed = true;
    } else if (path != folder.root) {
      Forget(path);
    } else {
      Forget(path);
      Enroll(path, path, 0, false);
      Folder& root = folders_.find(path)->second;
      root.last_take = root.last_attempt = take_;
    }
    return;
  }
  const dev_t device = status.st_dev;
  DIR* const opened = fdopendir(fd.get());
  if (opened == nullptr) {
    folder.failed = true;
    return;
  }
  fd.Release();
  const std::unique_ptr<DIR, int (*)(DIR*)> names(opened, closedir);
  if (folder.resume_at != 0)
    seekdir(opened, folder.resume_at);
  else
    ++folder.pass;

  while (true) {
    if (budget.Spent()) {
      folder.resume_at = telldir(opened);
      return;
    }
    errno = 0;
    const dirent* const entry = readdir(opened);
    if (entry == nullptr) break;
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    if (fstatat(dirfd(opened), entry->d_name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
      folder.failed = folder.failed || errno != ENOENT;
      continue;
    }
    if (options_.excluded && options_.excluded(status.st_dev, status.st_ino)) continue;
    Note(path, folder, entry->d_name, status, device);
  }
  folder.resume_at = 0;
  if (errno != 0) folder.failed = true;
  if (folder.failed) return;  // what could not be read is not gone
  folder.last_take = take_;
  for (auto at = folder.entries.begin(); at != folder.entries.end();) {
    if (at->second.pass == folder.pass) {
      ++at;
      continue;
    }
    if (at->second.entry.type == FileType::kDirectory) Forget(at->second.entry.path);
    --known_;
    at = folder.entries.erase(at);
  }
}

FileSnapshot FileTaker::Take(Clock::time_point deadline) {
  if (++take_ == 1) first_take_ns_ = FileClockNow();
  refused_ = 0;
  for (const std::string& root : options_.folders)
    if (!root.empty() && !folders_.contains(root)) Enroll(root, root, 0, false);

  // Those that waited longest come first; what is discovered on the way comes last.
  queue_.clear();
  for (const auto& [path, folder] : folders_) queue_.push_back(path);
  std::stable_sort(queue_.begin(), queue_.end(), [this](const std::string& a, const std::string& b) {
    return folders_.find(a)->second.last_attempt < folders_.find(b)->second.last_attempt;
  });
  Budget budget{options_.max_entries, deadline};
  while (!queue_.empty() && !budget.spent) {
    const std::string path = std::move(queue_.front());
    queue_.pop_front();
    const auto at = folders_.find(path);
    if (at != folders_.end() && at->second.last_attempt != take_) Visit(path, at->second, budget);
  }
  return Collect();
}

// Whether the folder is an entry of another that is watched, as all but the outermost roots are.
bool FileTaker::IsListed(const std::string& path, const Folder& folder) const {
  if (path != folder.root) return true;
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || path == "/") return false;
  const auto parent = folders_.find(slash == 0 ? "/" : path.substr(0, slash));
  if (parent == folders_.end()) return false;
  const auto entry = parent->second.entries.find(path.substr(slash + 1));
  return entry != parent->second.entries.end() && entry->second.entry.type == FileType::kDirectory;
}

void FileTaker::CollectFolder(const Folder& folder, FileSnapshot& taken) const {
  // In the order of whole paths "d-x" comes before "d/a", so a folder's own entries and those below it
  // interleave.
  std::vector<std::pair<std::string, const Folder*>> below;
  for (const auto& [name, known] : folder.entries) {
    if (known.entry.type != FileType::kDirectory) continue;
    if (const auto at = folders_.find(known.entry.path); at != folders_.end())
      below.emplace_back(name + "/", &at->second);
  }
  std::sort(below.begin(), below.end());
  auto next = below.begin();
  const auto descend_before = [&](const std::string* name) {
    for (; next != below.end() && (name == nullptr || next->first < *name); ++next)
      CollectFolder(*next->second, taken);
  };
  for (const auto& [name, known] : folder.entries) {
    descend_before(&name);
    taken.entries.push_back(known.entry);
  }
  descend_before(nullptr);
}

FileSnapshot FileTaker::Collect() const {
  FileSnapshot taken;
  taken.entries.reserve(known_);
  taken.left_out = refused_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> linked;  // files of several names that were counted
  for (const auto& [path, folder] : folders_) {
    if (folder.failed)
      ++taken.unreadable;
    else if (folder.last_take != take_)
      ++taken.left_out;
    for (const auto& [name, known] : folder.entries) {
      if (known.entry.type != FileType::kRegular) continue;
      if (known.links > 1 && !linked.emplace(known.entry.device, known.entry.inode).second) continue;
      taken.bytes += known.entry.bytes;
    }
  }
  for (const auto& [path, folder] : folders_)
    if (!IsListed(path, folder)) CollectFolder(folder, taken);
  const auto by_path = [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; };
  // Only several roots can be out of order.
  if (!std::is_sorted(taken.entries.begin(), taken.entries.end(), by_path))
    std::sort(taken.entries.begin(), taken.entries.end(), by_path);
  return taken;
}

}  // namespace cleanslate
