#include "snapshot/thread_taker.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include "base/own_thread.h"
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

void ThreadTaker::Settle(ThreadSnapshot& taken, WindowNumber window, Clock::time_point deadline) {
  constexpr timespec kPause = {0, 100'000};
  const int pid = raw::GetPid();
  const auto ended = [&](const Thread& thread) {
    return thread.born == window && !thread.asks && !raw::ThreadIsAlive(pid, static_cast<int>(thread.tid));
  };
  const auto end = std::min(deadline, Clock::now() + kPatience);
  while (true) {
    std::erase_if(taken.threads, ended);
    const bool waiting =
        std::any_of(taken.threads.begin(), taken.threads.end(),
                    [window](const Thread& thread) { return thread.born == window && !thread.asks; });
    if (!waiting || Clock::now() >= end) return;
    raw::Call(SYS_nanosleep, reinterpret_cast<long>(&kPause), 0);
  }
}

ThreadSnapshot ThreadTaker::Take(Clock::time_point deadline) {
  ThreadSnapshot taken;
  std::unordered_map<std::int64_t, Thread> now;
  const int own = raw::GetTid();
  for (const std::int64_t tid : NumbersIn("/proc/self/task")) {
    if (tid == own_thread.load(std::memory_order_relaxed)) continue;
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
