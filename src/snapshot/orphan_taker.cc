#include "snapshot/orphan_taker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "snapshot/child_taker.h"
#include "snapshot/proc_file.h"

namespace cleanslate {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kRuntimeApi[] = "AWS_LAMBDA_RUNTIME_API";

std::uint64_t TicksNow() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const auto ticks = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return static_cast<std::uint64_t>(now.tv_sec) * ticks +
         static_cast<std::uint64_t>(now.tv_nsec) * ticks / 1'000'000'000;
}

std::optional<ProcStat> ReadRunning(std::int64_t pid) {
  std::optional<ProcStat> stat = ReadProcStat(pid);
  return stat && stat->state != 'Z' ? stat : std::nullopt;
}

std::vector<std::int64_t> Ancestors() {
  std::vector<std::int64_t> ancestors = {1};
  for (std::int64_t pid = getppid(); pid > 1;) {
    ancestors.push_back(pid);
    const auto stat = ReadRunning(pid);
    if (!stat) break;
    pid = stat->parent;
  }
  return ancestors;
}

bool SpeaksToOurRuntimeApi(std::int64_t pid) {
  const char* const ours = getenv(kRuntimeApi);
  if (ours == nullptr) return false;
  const std::string wanted = std::string(1, '\0') + kRuntimeApi + "=" + ours + '\0';
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%lld/environ", static_cast<long long>(pid));
  std::vector<char> buffer(32768);
  const std::string_view environment = ReadProcFile(path, buffer.data(), buffer.size());
  const bool speaks = environment.find(wanted) != std::string_view::npos ||
                      environment.starts_with(std::string_view(wanted).substr(1));
  explicit_bzero(buffer.data(), buffer.size());
  return speaks;
}

}  // namespace

OrphanTaker::OrphanTaker(std::function<Birth(pid_t)> birth)
    : birth_(std::move(birth)), searched_ticks_(TicksNow()) {}

void OrphanTaker::AddTo(ChildSnapshot& children, WindowNumber window, bool search,
                        Clock::time_point deadline) {
  std::vector<ChildProcess>& all = children.children;
  const auto by_id = [](const ChildProcess& a, const ChildProcess& b) { return a.pid < b.pid; };
  std::vector<ChildProcess> lost;
  std::set_difference(followed_.begin(), followed_.end(), all.begin(), all.end(), std::back_inserter(lost),
                      by_id);
  for (const ChildProcess& each : lost) {
    const auto stat = ReadRunning(each.pid);
    if (stat && stat->started == each.started) all.push_back(each);
  }
  const std::uint64_t now = TicksNow();
  // The first process takes in its own: they hang on it.
  if (search && getpid() != 1) Search(window, children, deadline);
  searched_ticks_ = now;
  std::sort(all.begin(), all.end(), by_id);
  followed_ = all;
}

void OrphanTaker::Search(WindowNumber window, ChildSnapshot& children, Clock::time_point deadline) {
  const std::vector<std::int64_t> ancestors = Ancestors();
  const std::int64_t session = getsid(0), group = getpgrp(), self = getpid(), parent = getppid();
  std::unordered_set<std::int64_t> known;
  for (const ChildProcess& each : children.children) known.insert(each.pid);
  for (const std::int64_t pid : NumbersIn("/proc")) {
    if (children.children.size() >= kMostChildren || Clock::now() >= deadline) {
      ++children.left_out;
      return;
    }
    if (known.contains(pid)) continue;
    const auto stat = ReadRunning(pid);
    if (!stat || stat->started < searched_ticks_) continue;
    if (std::find(ancestors.begin(), ancestors.end(), stat->parent) == ancestors.end()) continue;
    Birth origin;
    for (const std::int64_t leader : {stat->session, stat->group})
      if (birth_ && origin.window == 0) origin = birth_(static_cast<pid_t>(leader));
    const bool may_be_brother = stat->parent == parent && parent != 1;
    const bool of_ours = stat->session == self || stat->group == self || origin.window != 0;
    const bool near = stat->session == session || stat->group == group || SpeaksToOurRuntimeApi(pid);
    if (!of_ours && (may_be_brother || !near)) continue;
    children.children.push_back({pid, stat->started, stat->name, false, window, origin.stack});
  }
}

}  // namespace cleanslate
