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

std::optional<Descriptor> Look(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) return std::nullopt;  // closed since it was listed
  Descriptor seen;
  seen.fd = fd;
  seen.target = LinkTarget(fd);
  seen.kind = KindOf(status, seen.target);
  seen.device = status.st_dev;
  seen.inode = status.st_ino;
  if (S_ISREG(status.st_mode)) seen.bytes = status.st_size;
  if ((S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) && status.st_nlink == 0) {
    constexpr std::string_view kMark = " (deleted)";
    if (seen.target.ends_with(kMark)) seen.target.resize(seen.target.size() - kMark.size());
    seen.deleted = seen.kind != DescriptorKind::kMemory;  // a memfd never had a name
  }
  if (seen.kind == DescriptorKind::kTimer) seen.state = TimerIsArmed(fd) ? "armed" : "disarmed";
  if (seen.kind == DescriptorKind::kSocket) {
    SocketEnds ends = DescribeSocket(fd);
    seen.local = std::move(ends.local);
    seen.peer = std::move(ends.peer);
    seen.state = std::move(ends.state);
  }
  return seen;
}

std::int64_t SoftLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
  return static_cast<std::int64_t>(limit.rlim_cur);
}

}  // namespace

DescriptorSnapshot TakeDescriptors(const DescriptorTakerOptions& options) {
  DescriptorSnapshot taken;
  taken.limit = SoftLimit();
  for (const int fd : OpenNumbers(taken.limit)) {
    if (options.excluded && options.excluded(fd)) continue;
    if (taken.open.size() >= options.max_entries) {
      ++taken.left_out;
      continue;
    }
    std::optional<Descriptor> seen = Look(fd);
    if (!seen) continue;
    if (options.is_runtime_api) seen->runtime_api = options.is_runtime_api(fd);
    if (options.birth) {
      const Birth birth = options.birth(fd);
      seen->born = birth.window;
      seen->stack = birth.stack;
    }
    taken.open.push_back(std::move(*seen));
  }
  return taken;
}

}  // namespace cleanslate
