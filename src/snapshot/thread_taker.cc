#include "snapshot/thread_taker.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "base/raw_io.h"
#include "snapshot/proc_file.h"

namespace cleanslate {
namespace {

std::optional<Thread> Look(std::int64_t tid) {
  char path[64];
  char buffer[1024];
  std::snprintf(path, sizeof path, "/proc/self/task/%lld/stat", static_cast<long long>(tid));
  const auto stat = ParseProcStat(ReadProcFile(path, buffer, sizeof buffer));
  if (!stat) return std::nullopt;
  Thread seen;
  seen.tid = tid;
  seen.started = stat->started;
  seen.name = stat->name;
  return seen;
}

}  // namespace

ThreadSnapshot ThreadTaker::Take(Clock::time_point deadline) {
  ThreadSnapshot taken;
  std::unordered_map<std::int64_t, Thread> now;
  const int own = raw::GetTid();
  for (const std::int64_t tid : NumbersIn("/proc/self/task")) {
    const ThreadBirth birth = birth_ ? birth_(static_cast<pid_t>(tid)) : ThreadBirth{};
    const auto known = known_.find(tid);
    std::optional<Thread> seen;
    if (known != known_.end() && known->second.born == birth.window && known->second.stack == birth.stack) {
      seen = known->second;
    } else if (taken.threads.size() < kMostThreads && Clock::now() < deadline) {
      seen = Look(tid);
      if (!seen) continue;
      seen->start = birth.start;
      seen->born = birth.window;
      seen->stack = birth.stack;
    } else {
      ++taken.left_out;
      continue;
    }
    seen->asks = tid == own;
    now.emplace(tid, *seen);
    taken.threads.push_back(std::move(*seen));
  }
  known_ = std::move(now);
  return taken;
}

}  // namespace cleanslate
