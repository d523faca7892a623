#include "snapshot/descriptor_taker.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/proc_file.h"
#include "snapshot/socket_ends.h"

namespace cleanslate {
namespace {

// Where the folder can't be opened, this many numbers are probed: more than a Lambda environment allows
// (1,024), and still only a millisecond.
constexpr int kMostProbed = 16384;

bool IsOpen(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

std::vector<int> ProbeNumbers(std::int64_t limit) {
  std::vector<int> numbers;
  const int end = static_cast<int>(std::clamp<std::int64_t>(limit, 0, kMostProbed));
  for (int fd = 0; fd < end; ++fd)
    if (IsOpen(fd)) numbers.push_back(fd);
  return numbers;
}

std::vector<int> OpenNumbers(std::int64_t limit) {
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) return ProbeNumbers(limit);
  std::vector<int> numbers;
  const int own = dirfd(folder);
  while (const dirent* const entry = readdir(folder)) {
    const char* const end = entry->d_name + std::strlen(entry->d_name);
    int fd = -1;
    const auto parsed = std::from_chars(entry->d_name, end, fd);
    if (parsed.ec == std::errc() && parsed.ptr == end && fd != own) numbers.push_back(fd);
  }
  closedir(folder);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::string LinkTarget(int fd) {
  char link[32] = "/proc/self/fd/";
  std::to_chars(link + std::strlen(link), link + sizeof link - 1, fd);
  char target[4096];
  const ssize_t length = readlink(link, target, sizeof target);
  return length <= 0 ? std::string() : std::string(target, static_cast<std::size_t>(length));
}

// Inodes without a file system of the user's: proc(5) shows "anon_inode:[eventpoll]", older kernels without
// the brackets.
DescriptorKind AnonymousKind(std::string_view target) {
  const auto is = [target](std::string_view name) {
    return target.find(name, std::string_view("anon_inode:").size()) != std::string_view::npos;
  };
  if (is("eventpoll")) return DescriptorKind::kEventPoll;
  if (is("eventfd")) return DescriptorKind::kEventCounter;
  if (is("timerfd")) return DescriptorKind::kTimer;
  if (is("signalfd")) return DescriptorKind::kSignal;
  if (is("inotify") || is("fanotify")) return DescriptorKind::kFileWatch;
  if (is("pidfd")) return DescriptorKind::kProcess;
  return DescriptorKind::kOther;
}

DescriptorKind KindOf(const struct stat& status, std::string_view target) {
  if (target.starts_with("anon_inode:")) return AnonymousKind(target);
  if (target.starts_with("pidfd:")) return DescriptorKind::kProcess;
  if (S_ISSOCK(status.st_mode)) return DescriptorKind::kSocket;
  if (S_ISFIFO(status.st_mode)) return DescriptorKind::kPipe;
  if (S_ISDIR(status.st_mode)) return DescriptorKind::kDirectory;
  if (S_ISREG(status.st_mode))
    return target.starts_with("/memfd:") ? DescriptorKind::kMemory : DescriptorKind::kFile;
  const bool terminal =
      target.starts_with("/dev/pts/") || target.starts_with("/dev/tty") || target == "/dev/console";
  return S_ISCHR(status.st_mode) && terminal ? DescriptorKind::kTerminal : DescriptorKind::kOther;
}

// timerfd_create(2), in /proc/self/fdinfo.
bool TimerIsArmed(int fd) {
  char path[40] = "/proc/self/fdinfo/";
  std::to_chars(path + std::strlen(path), path + sizeof path - 1, fd);
  char buffer[1024];
  const std::string_view info = ReadProcFile(path, buffer, sizeof buffer);
  constexpr std::string_view kField = "it_value: (";
  const std::size_t at = info.find(kField);
  return at != std::string_view::npos && !info.substr(at + kField.size()).starts_with("0, 0)");
}

std::int64_t SoftLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
  return static_cast<std::int64_t>(limit.rlim_cur);
}

// All anonymous inodes are one, so only their births tell them apart.
bool CanBeKnown(const Descriptor& descriptor) {
  if (descriptor.target.starts_with("anon_inode:") || descriptor.target.starts_with("pidfd:"))
    return descriptor.born != 0 || descriptor.stack != StackId::kNone;
  // Another socket may be bound or connected later, or to another peer.
  return descriptor.kind != DescriptorKind::kSocket || descriptor.peer.starts_with("tcp ") ||
         descriptor.peer.starts_with("unix ");
}

void Measure(Descriptor& seen, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return;
  seen.bytes = status.st_size;
  seen.allocated = std::int64_t{status.st_blocks} * 512;  // whatever the file system's blocks are
}

void LookAtState(Descriptor& seen) {
  if (seen.kind == DescriptorKind::kTimer) seen.state = TimerIsArmed(seen.fd) ? "armed" : "disarmed";
  if (seen.kind == DescriptorKind::kSocket && seen.local.starts_with("tcp ")) seen.state = TcpState(seen.fd);
}

}  // namespace

std::optional<DescriptorTaker::Seen> DescriptorTaker::Look(int fd, const Seen* before) const {
  struct stat status = {};
  if (fstat(fd, &status) != 0) return std::nullopt;  // closed since it was listed
  Seen seen;
  Descriptor& now = seen.descriptor;
  const Birth birth = options_.birth ? options_.birth(fd) : Birth{};
  seen.changed_ns = std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
  if (before != nullptr) {
    const Descriptor& then = before->descriptor;
    const bool same = then.device == status.st_dev && then.inode == status.st_ino &&
                      before->changed_ns == seen.changed_ns && then.born == birth.window &&
                      then.stack == birth.stack;
    if (same && CanBeKnown(then)) {
      seen = *before;
      Measure(now, status);
      LookAtState(now);
      return seen;
    }
  }
  now.fd = fd;
  now.born = birth.window;
  now.stack = birth.stack;
  now.target = S_ISSOCK(status.st_mode) ? "socket:[" + std::to_string(status.st_ino) + "]" : LinkTarget(fd);
  now.kind = KindOf(status, now.target);
  now.device = status.st_dev;
  now.inode = status.st_ino;
  Measure(now, status);
  if ((S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) && status.st_nlink == 0) {
    constexpr std::string_view kMark = " (deleted)";
    if (now.target.ends_with(kMark)) now.target.resize(now.target.size() - kMark.size());
    now.deleted = now.kind != DescriptorKind::kMemory;  // a memfd never had a name
  }
  if (now.kind == DescriptorKind::kSocket) {
    SocketEnds ends = DescribeSocket(fd);
    now.local = std::move(ends.local);
    now.peer = std::move(ends.peer);
    now.state = std::move(ends.state);
  } else {
    LookAtState(now);
  }
  return seen;
}

DescriptorSnapshot DescriptorTaker::Take() {
  DescriptorSnapshot taken;
  std::vector<Seen> all;
  taken.limit = SoftLimit();
  auto before = before_.begin();
  for (const int fd : OpenNumbers(taken.limit)) {
    if (options_.excluded && options_.excluded(fd)) continue;
    if (taken.open.size() >= options_.max_entries) {
      ++taken.left_out;
      continue;
    }
    while (before != before_.end() && before->descriptor.fd < fd) ++before;
    const bool known = before != before_.end() && before->descriptor.fd == fd;
    std::optional<Seen> seen = Look(fd, known ? &*before : nullptr);
    if (!seen) continue;
    seen->descriptor.runtime_api = options_.is_runtime_api && options_.is_runtime_api(fd);
    taken.open.push_back(seen->descriptor);
    all.push_back(std::move(*seen));
  }
  before_ = std::move(all);
  return taken;
}

}  // namespace cleanslate
