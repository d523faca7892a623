#include "report/sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>

namespace cleanslate {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{5};  // for a reader that does not read, per line
constexpr rlim_t kHighDescriptor = 1000;  // above what select() users and daemons that close all sweep
constexpr std::size_t kPipeAtom = PIPE_BUF;
constexpr std::string_view kFilePrefix = "file:";

class ErrnoRestorer {
 public:
  ErrnoRestorer() : saved_(errno) {}
  ~ErrnoRestorer() { errno = saved_; }
  ErrnoRestorer(const ErrnoRestorer&) = delete;
  ErrnoRestorer& operator=(const ErrnoRestorer&) = delete;

 private:
  int saved_;
};

// A write to a broken pipe sends SIGPIPE to the writing thread. It is blocked meanwhile, and one that we
// caused is taken out of the queue; one that was pending before is the host's and stays.
class SigpipeShield {
 public:
  SigpipeShield() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    sigset_t pending;
    was_pending_ = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
    shielded_ = pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_) == 0;
  }
  ~SigpipeShield() {
    if (!shielded_) return;
    const timespec at_once{};
    while (!was_pending_ && sigtimedwait(&sigpipe_, nullptr, &at_once) == -1 && errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeShield(const SigpipeShield&) = delete;
  SigpipeShield& operator=(const SigpipeShield&) = delete;

  bool shielded() const { return shielded_; }

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
  bool shielded_ = false;
};

// True when a write will not block, or when an error waits to be told by the write.
bool WaitWritable(int fd, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd entry{fd, POLLOUT, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR || Clock::now() >= deadline) return false;
  }
}

// What may be written in one go without blocking, once the descriptor is writable. A blocking pipe that is
// called writable takes PIPE_BUF bytes, more only where it has that much room. Files and terminals take all.
std::size_t Chunk(int fd, mode_t mode, std::size_t size) {
  if (!S_ISFIFO(mode) || size <= kPipeAtom) return size;
  const int capacity = fcntl(fd, F_GETPIPE_SZ);
  int filled = 0;
  if (capacity < 0 || ioctl(fd, FIONREAD, &filled) != 0) return kPipeAtom;
  // How much is free besides can't be told: a page that holds one byte is a page taken.
  return filled == 0 && size <= static_cast<std::size_t>(capacity) ? size : kPipeAtom;
}

ssize_t WriteSome(int fd, mode_t mode, std::string_view text) {
  if (S_ISSOCK(mode)) return send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return write(fd, text.data(), text.size());
}

struct Outcome {
  std::size_t written = 0;
  int error = 0;  // 0: all of it was written
};

Outcome WriteAll(int fd, mode_t mode, std::string_view text) {
  const Clock::time_point deadline = Clock::now() + kPatience;
  Outcome outcome;
  while (outcome.written < text.size()) {
    if (!S_ISREG(mode) && !WaitWritable(fd, deadline)) {
      outcome.error = EAGAIN;
      return outcome;
    }
    const std::string_view rest = text.substr(outcome.written);
    const ssize_t written = WriteSome(fd, mode, rest.substr(0, Chunk(fd, mode, rest.size())));
    if (written > 0) {
      outcome.written += static_cast<std::size_t>(written);
      continue;
    }
    const int error = written == 0 ? EIO : errno;
    const bool again = error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
    if (!again || Clock::now() >= deadline) {
      outcome.error = error;
      return outcome;
    }
  }
  return outcome;
}

// Moves `fd` to a number that the host is unlikely to meet; where that can't be, it stays where it is.
int MoveHigh(int fd) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return fd;
  const rlim_t low = limit.rlim_cur > kHighDescriptor ? kHighDescriptor : limit.rlim_cur - limit.rlim_cur / 4;
  const int high = fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(low));
  if (high < 0) return fd;
  close(fd);
  return high;
}

}  // namespace

std::optional<SinkTarget> ParseOutput(std::string_view value) {
  if (value == "stderr") return SinkTarget{STDERR_FILENO, {}};
  if (value == "stdout") return SinkTarget{STDOUT_FILENO, {}};
  if (value.size() <= kFilePrefix.size() || value.substr(0, kFilePrefix.size()) != kFilePrefix)
    return std::nullopt;
  return SinkTarget{-1, std::string(value.substr(kFilePrefix.size()))};
}

Sink::~Sink() {
  const ErrnoRestorer restorer;
  if (StillOurs()) close(file_);
}

bool Sink::Write(std::string_view line) noexcept {
  const ErrnoRestorer restorer;
  try {
    const int fd = Descriptor();
    struct stat status {};
    if (fd >= 0 && fstat(fd, &status) == 0) {
      std::string text;
      text.reserve(line.size() + 2);
      if (torn_) text += '\n';
      text.append(line) += '\n';

      const SigpipeShield shield;
      const Outcome outcome = shield.shielded() ? WriteAll(fd, status.st_mode, text) : Outcome{0, EPIPE};
      if (outcome.written > 0) torn_ = outcome.written < text.size();
      if (outcome.error == 0) return true;
      if (!target_.path.empty()) Complain("write to", outcome.error);
    }
  } catch (...) {
    // No memory for the copy: the line is dropped.
  }
  ++dropped_;
  return false;
}

int Sink::OwnDescriptor() const noexcept {
  const ErrnoRestorer restorer;
  return StillOurs() ? file_ : -1;
}

int Sink::Descriptor() noexcept {
  if (target_.path.empty()) return target_.descriptor;
  if (StillOurs() || OpenFile()) return file_;
  return -1;
}

bool Sink::OpenFile() noexcept {
  // Without O_NONBLOCK a named pipe that nobody reads would stop the host here.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  file_ = -1;
  int fd;
  do {
    fd = open(target_.path.c_str(), kFlags, 0644);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    Complain("open", errno);
    return false;
  }
  fd = MoveHigh(fd);
  struct stat status {};
  if (fstat(fd, &status) != 0) {
    Complain("open", errno);
    close(fd);
    return false;
  }
  file_ = fd;
  device_ = status.st_dev;
  inode_ = status.st_ino;
  torn_ = false;
  return true;
}

bool Sink::StillOurs() const noexcept {
  struct stat status {};
  return file_ >= 0 && fstat(file_, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

void Sink::Complain(const char* what, int error) noexcept {
  if (complained_) return;
  complained_ = true;
  try {
    const std::string text =
        std::string("cleanslate: cannot ") + what + " " + target_.path + ": " + std::strerror(error) + "\n";
    struct stat status {};
    if (fstat(STDERR_FILENO, &status) != 0) return;
    const SigpipeShield shield;
    if (shield.shielded()) WriteAll(STDERR_FILENO, status.st_mode, text);
  } catch (...) {
    // Nowhere to say it.
  }
}

}  // namespace cleanslate
