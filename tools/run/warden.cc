#include "run/warden.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/status/status.h"

namespace cleanslate {
namespace {

constexpr rlim_t kLambdaDescriptors = 1024;
constexpr int kExecFailedCode = 127;

struct Pipe {
  int read = -1;
  int write = -1;
};

bool Open(Pipe& made) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  made = {ends[0], ends[1]};
  return true;
}

void Close(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

void Tell(int descriptor, WardenMessage message) {
  // Below PIPE_BUF: written whole or not at all, and then nobody listens.
  [[maybe_unused]] const ssize_t written = write(descriptor, &message, sizeof(message));
}

void CloseRange(unsigned first, unsigned last) {
  if (first > last) return;
  if (syscall(SYS_close_range, first, last, 0) == 0) return;
  // Before Linux 5.9.
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; ++fd) close(static_cast<int>(fd));
}

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void LimitDescriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > kLambdaDescriptors)
    limit.rlim_max = kLambdaDescriptors;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Both vectors of C strings, made before the fork.
struct ExecImage {
  explicit ExecImage(const Command& command) {
    for (const std::string& each : command.arguments) arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    for (const std::string& each : command.environment)
      environment.push_back(const_cast<char*>(each.c_str()));
    environment.push_back(nullptr);
  }
  std::vector<char*> arguments;
  std::vector<char*> environment;
};

[[noreturn]] void BecomeFunction(const Command& command, ExecImage& image, int output, int error,
                                 int messages, pid_t warden) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != warden) _exit(kExecFailedCode);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  // All are close-on-exec but 0, 1 and 2; the message pipe has to live until exec has failed or not.
  CloseRange(STDERR_FILENO + 1, static_cast<unsigned>(messages) - 1);
  CloseRange(static_cast<unsigned>(messages) + 1, ~0U);
  LimitDescriptors();
  ResetSignals();
  if (chdir(command.folder.c_str()) == 0) {
    execvpe(command.program.c_str(), image.arguments.data(), image.environment.data());
  }
  Tell(messages, {WardenMessage::kExecFailed, errno});
  _exit(kExecFailedCode);
}

// SIGKILL to all children that /proc shows. /proc/self/task/*/children needs a kernel option: the parents of
// all processes are looked at instead.
void KillChildren() {
  const pid_t self = getpid();
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return;
  while (const dirent* entry = readdir(proc)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    char path[64];
    std::snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    char text[512] = {};
    const ssize_t size = read(fd, text, sizeof(text) - 1);
    close(fd);
    // pid (name) state ppid: the name may hold anything, also parentheses.
    const char* name_end = size > 0 ? std::strrchr(text, ')') : nullptr;
    int parent = 0;
    if (name_end != nullptr && std::sscanf(name_end + 1, " %*c %d", &parent) == 1 && parent == self) {
      kill(pid, SIGKILL);
    }
  }
  closedir(proc);
}

class Warden {
 public:
  Warden(int control, int messages) : control_(control), messages_(messages) {}

  [[noreturn]] void Run(pid_t function) {
    function_ = function;
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (bool told_to_end = false; !told_to_end && !function_ended_;) {
      pollfd entry{control_, POLLIN, 0};
      sigset_t none;
      sigemptyset(&none);
      // SIGCHLD is blocked but for this call.
      const int ready = ppoll(&entry, 1, nullptr, &none);
      told_to_end = ready > 0;
      Reap(WNOHANG);
    }
    do {
      KillChildren();
    } while (Reap(0));
    Tell(messages_, {WardenMessage::kEnded, status_});
    _exit(0);
  }

 private:
  // False when there are no children any more. With WNOHANG takes all that have ended, else waits for one.
  bool Reap(int options) {
    for (;;) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, options);
      if (pid < 0 && errno == EINTR) continue;
      if (pid < 0) return false;
      if (pid == 0) return true;
      if (pid == function_) {
        function_ended_ = true;
        status_ = status;
      }
      if (options == 0) return true;
    }
  }

  int control_;
  int messages_;
  pid_t function_ = -1;
  bool function_ended_ = false;
  int status_ = 0;
};

[[noreturn]] void BecomeWarden(const Command& command, ExecImage& image, int control, int messages,
                               int output, int error) {
  setsid();  // a key that interrupts the terminal's programs is for `run` alone
  prctl(PR_SET_NAME, "cleanslate-ward");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) std::signal(signal, SIG_IGN);
  std::signal(SIGCHLD, [](int) {});
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child, nullptr);

  const pid_t self = getpid();
  const pid_t function = fork();
  if (function == 0) BecomeFunction(command, image, output, error, messages, self);
  if (function < 0) {
    Tell(messages, {WardenMessage::kExecFailed, errno});
    _exit(0);
  }
  Tell(messages, {WardenMessage::kStarted, function});
  // The function's pipes must end with the function, and so must those that `run` was given.
  const auto low = static_cast<unsigned>(std::min(control, messages));
  const auto high = static_cast<unsigned>(std::max(control, messages));
  CloseRange(0, low - 1);
  CloseRange(low + 1, high - 1);
  CloseRange(high + 1, ~0U);
  Warden(control, messages).Run(function);
}

}  // namespace

absl::StatusOr<WardenHandle> StartUnderWarden(const Command& command) {
  Pipe control, messages, output, error;
  const auto close_all = [&] {
    for (Pipe* each : {&control, &messages, &output, &error}) {
      Close(each->read);
      Close(each->write);
    }
  };
  // Should somebody kill the warden, we are the next to adopt.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t pid = -1;
  ExecImage image(command);
  if (Open(control) && Open(messages) && Open(output) && Open(error)) pid = fork();
  if (pid < 0) {
    const int reason = errno;
    close_all();
    return absl::ErrnoToStatus(reason, "can't start a process");
  }
  if (pid == 0) {
    Close(control.write);
    BecomeWarden(command, image, control.read, messages.write, output.write, error.write);
  }
  Close(control.read);
  Close(messages.write);
  Close(output.write);
  Close(error.write);
  return WardenHandle{pid, control.write, messages.read, output.read, error.read};
}

}  // namespace cleanslate
