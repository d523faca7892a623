#include "snapshot/attribute_taker.h"

#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "base/raw_io.h"
#include "snapshot/proc_file.h"

namespace cleanslate {
namespace {

struct Named {
  int number;
  const char* name;
};

constexpr Named kLimits[] = {{RLIMIT_AS, "limit as"},         {RLIMIT_CORE, "limit core"},
                             {RLIMIT_CPU, "limit cpu"},       {RLIMIT_DATA, "limit data"},
                             {RLIMIT_FSIZE, "limit fsize"},   {RLIMIT_MEMLOCK, "limit memlock"},
                             {RLIMIT_NOFILE, "limit nofile"}, {RLIMIT_NPROC, "limit nproc"},
                             {RLIMIT_RSS, "limit rss"},       {RLIMIT_SIGPENDING, "limit sigpending"},
                             {RLIMIT_STACK, "limit stack"}};

constexpr Named kIntervalTimers[] = {{ITIMER_REAL, "interval timer real"},
                                     {ITIMER_VIRTUAL, "interval timer virtual"},
                                     {ITIMER_PROF, "interval timer profiling"}};

constexpr Named kCategories[] = {{LC_ADDRESS, "locale LC_ADDRESS"},
                                 {LC_COLLATE, "locale LC_COLLATE"},
                                 {LC_CTYPE, "locale LC_CTYPE"},
                                 {LC_IDENTIFICATION, "locale LC_IDENTIFICATION"},
                                 {LC_MEASUREMENT, "locale LC_MEASUREMENT"},
                                 {LC_MESSAGES, "locale LC_MESSAGES"},
                                 {LC_MONETARY, "locale LC_MONETARY"},
                                 {LC_NAME, "locale LC_NAME"},
                                 {LC_NUMERIC, "locale LC_NUMERIC"},
                                 {LC_PAPER, "locale LC_PAPER"},
                                 {LC_TELEPHONE, "locale LC_TELEPHONE"},
                                 {LC_TIME, "locale LC_TIME"}};

// What the kernel takes and gives; glibc's struct sigaction is another.
struct KernelSigaction {
  const void* handler;
  unsigned long flags;
  const void* restorer;
  std::uint64_t mask;
};

std::string Limit(rlim_t value) {
  return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

std::string SignalName(int signal) {
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) return "signal SIGRTMIN+" + std::to_string(signal - SIGRTMIN);
  static constexpr std::array<const char*, 32> kNames = {
      nullptr,     "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
      "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
      "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
      "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
  const auto index = static_cast<std::size_t>(signal);
  return std::string("signal ") + (index < kNames.size() ? kNames[index] : std::to_string(signal).c_str());
}

class Attributes {
 public:
  explicit Attributes(const AttributeTakerOptions& options) : options_(options) {}

  std::vector<ProcessAttribute> Take() {
    TakeWorkingDirectory();
    TakeUmask();
    TakeLocale();
    TakeSignals();
    for (const Named& each : kLimits) {
      rlimit limit = {};
      if (getrlimit(static_cast<__rlimit_resource_t>(each.number), &limit) != 0) continue;
      Add(AttributeKind::kResourceLimit, each.name, Limit(limit.rlim_cur) + " of " + Limit(limit.rlim_max),
          {});
    }
    std::sort(taken_.begin(), taken_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(taken_);
  }

 private:
  ProcessAttribute& Add(AttributeKind kind, std::string name, std::string value, Birth setting) {
    ProcessAttribute attribute;
    attribute.kind = kind;
    attribute.name = std::move(name);
    attribute.value = std::move(value);
    attribute.born = setting.window;
    attribute.stack = setting.stack;
    taken_.push_back(std::move(attribute));
    return taken_.back();
  }

  Birth SettingOf(AttributeKind kind) const { return options_.setting ? options_.setting(kind) : Birth{}; }

  // A folder that is gone reads as "(unreachable)/..." or with " (deleted)": other than before, which is so.
  void TakeWorkingDirectory() {
    char path[PATH_MAX + 64];
    const ssize_t length = readlink("/proc/self/cwd", path, sizeof path);
    std::string folder(path, length > 0 ? static_cast<std::size_t>(length) : 0);
    struct stat status = {};
    // The kernel tells no path that is longer than a page.
    if (length < 0 && errno == ENAMETOOLONG && stat(".", &status) == 0)
      folder = "a path of more than 4,096 bytes, inode " + std::to_string(status.st_ino);
    if (!folder.empty())
      Add(AttributeKind::kWorkingDirectory, "working-directory", folder,
          SettingOf(AttributeKind::kWorkingDirectory));
  }

  // umask(2) can only be asked by setting it.
  void TakeUmask() {
    char buffer[512];
    constexpr std::string_view kField = "\nUmask:\t";
    const std::string_view status = ReadProcFile("/proc/self/status", buffer, sizeof buffer);
    const std::size_t at = status.find(kField);
    if (at == std::string_view::npos) return;  // Linux before 4.7
    const std::string_view value = status.substr(at + kField.size());
    Add(AttributeKind::kUmask, "umask", std::string(value.substr(0, value.find('\n'))),
        SettingOf(AttributeKind::kUmask));
  }

  void TakeLocale() {
    const auto setting = [this](int category) {
      return options_.category_setting ? options_.category_setting(category) : Birth{};
    };
    const Birth of_all = setting(LC_ALL);
    for (const Named& each : kCategories) {
      const char* const locale = setlocale(each.number, nullptr);
      if (locale == nullptr) continue;
      const Birth own = setting(each.number);
      Add(AttributeKind::kLocale, each.name, locale, own.window > of_all.window ? own : of_all);
    }
  }

  void TakeSignals() {
    for (int signal = 1; signal < NSIG; ++signal) {
      // libc keeps a few for itself, and the two that nobody can catch never change.
      if (signal == SIGKILL || signal == SIGSTOP || (signal > 31 && signal < SIGRTMIN)) continue;
      KernelSigaction action = {};
      if (raw::Call(SYS_rt_sigaction, signal, 0, reinterpret_cast<long>(&action), sizeof action.mask) != 0)
        continue;
      const bool by_default = action.handler == reinterpret_cast<const void*>(SIG_DFL);
      const bool ignored = action.handler == reinterpret_cast<const void*>(SIG_IGN);
      const bool handled = !by_default && !ignored;
      ProcessAttribute& added = Add(AttributeKind::kSignalHandler, SignalName(signal),
                                    by_default ? "default"
                                    : ignored  ? "ignored"
                                               : "handled",
                                    options_.signal_setting ? options_.signal_setting(signal) : Birth{});
      if (handled && options_.code) added.code = options_.code(action.handler);
    }
  }

  const AttributeTakerOptions& options_;
  std::vector<ProcessAttribute> taken_;
};

bool IsArmed(const itimerspec& timer) {
  return timer.it_value.tv_sec != 0 || timer.it_value.tv_nsec != 0;
}

}  // namespace

std::vector<ProcessAttribute> TakeAttributes(const AttributeTakerOptions& options) {
  return Attributes(options).Take();
}

std::vector<Timer> TakeTimers(const std::function<Birth(int which)>& setting) {
  std::vector<Timer> timers;
  const auto add = [&](std::string name, int which) {
    const Birth set = setting ? setting(which) : Birth{};
    timers.push_back({std::move(name), set.window, set.stack});
  };
  for (const Named& each : kIntervalTimers) {
    itimerval timer = {};
    if (getitimer(static_cast<__itimer_which_t>(each.number), &timer) == 0 &&
        (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0)) {
      add(each.name, each.number);
    }
  }
  // The kernel's ids; timer_t is libc's own. Absent where the kernel was built without.
  char buffer[16384];
  std::string_view list = ReadProcFile("/proc/self/timers", buffer, sizeof buffer);
  constexpr std::string_view kField = "ID: ";
  bool notifies = true;
  int id = -1;
  const auto finish = [&] {
    itimerspec timer = {};
    const bool counts = notifies || (setting && setting(kCreatedTimers).stack != StackId::kNone);
    if (id >= 0 && counts && raw::Call(SYS_timer_gettime, id, reinterpret_cast<long>(&timer)) == 0 &&
        IsArmed(timer)) {
      add("timer " + std::to_string(id), kCreatedTimers);
    }
    id = -1;
  };
  while (!list.empty()) {
    const std::string_view line = list.substr(0, list.find('\n'));
    list.remove_prefix(std::min(line.size() + 1, list.size()));
    if (line.starts_with("notify: ")) notifies = !line.starts_with("notify: none");
    if (!line.starts_with(kField)) continue;
    finish();
    std::from_chars(line.data() + kField.size(), line.data() + line.size(), id);
  }
  finish();
  std::sort(timers.begin(), timers.end(), [](const Timer& a, const Timer& b) { return a.name < b.name; });
  return timers;
}

}  // namespace cleanslate
