#include "snapshot/child_taker.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/proc_file.h"

namespace cleanslate {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostProcesses = 32768;  // of the machine, looked at where it keeps no lists

// WNOWAIT leaves every child to whoever waits for it.
bool HasChildren() {
  siginfo_t ignored = {};
  return waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// False where the kernel keeps no such lists.
bool ChildrenOf(std::int64_t pid, std::vector<std::int64_t>& children) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task/";
  for (const std::int64_t tid : NumbersIn(tasks.c_str())) {
    const std::string path = tasks + std::to_string(tid) + "/children";
    char buffer[16384];
    const std::string_view list = ReadProcFile(path.c_str(), buffer, sizeof buffer);
    if (list.empty() && access(path.c_str(), F_OK) != 0) return access(tasks.c_str(), F_OK) != 0;
    const char* at = list.data();
    const char* const end = at + list.size();
    while (at != end) {
      std::int64_t child = 0;
      const auto parsed = std::from_chars(at, end, child);
      if (parsed.ec == std::errc()) children.push_back(child);
      at = parsed.ptr == at ? at + 1 : parsed.ptr;
    }
  }
  return true;
}

// All descendants by the parents that processes name.
std::vector<std::int64_t> SearchAll(std::int64_t root, Clock::time_point deadline) {
  std::multimap<std::int64_t, std::int64_t> by_parent;
  for (const std::int64_t pid : NumbersIn("/proc")) {
    if (by_parent.size() >= kMostProcesses || Clock::now() >= deadline) break;
    if (const auto stat = ReadProcStat(pid)) by_parent.emplace(stat->parent, pid);
  }
  std::vector<std::int64_t> found = {root};
  for (std::size_t next = 0; next < found.size(); ++next) {
    const auto [first, last] = by_parent.equal_range(found[next]);
    for (auto at = first; at != last; ++at) found.push_back(at->second);
  }
  found.erase(found.begin());
  return found;
}

std::vector<std::int64_t> Descendants(std::int64_t root, Clock::time_point deadline) {
  std::vector<std::int64_t> found;
  if (!ChildrenOf(root, found)) return SearchAll(root, deadline);
  for (std::size_t next = 0; next < found.size() && found.size() < kMostChildren; ++next) {
    if (Clock::now() >= deadline) break;
    ChildrenOf(found[next], found);
  }
  return found;
}

}  // namespace

ChildSnapshot TakeChildren(const std::function<Birth(pid_t)>& birth, Clock::time_point deadline) {
  ChildSnapshot taken;
  if (!HasChildren()) return taken;
  std::vector<std::int64_t> pids = Descendants(getpid(), deadline);
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  for (const std::int64_t pid : pids) {
    if (taken.children.size() >= kMostChildren || Clock::now() >= deadline) {
      ++taken.left_out;
      continue;
    }
    const auto stat = ReadProcStat(pid);
    if (!stat) continue;
    const Birth born = birth ? birth(static_cast<pid_t>(pid)) : Birth{};
    taken.children.push_back({pid, stat->started, stat->name, stat->state == 'Z', born.window, born.stack});
  }
  return taken;
}

}  // namespace cleanslate
