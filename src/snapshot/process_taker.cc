#include "snapshot/process_taker.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/own_thread.h"
#include "base/raw_io.h"
#include "snapshot/proc_file.h"

namespace cleanslate {

namespace {

// Threads and processes of one Lambda environment together.
constexpr std::int64_t kLambdaTasks = 1024;

// WNOWAIT leaves every child to whoever waits for it.
bool HasChildren() {
  siginfo_t ignored = {};
  return waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// No child ends without a page fault.
std::int64_t FaultsOfEndedChildren() {
  rusage usage = {};
  return getrusage(RUSAGE_CHILDREN, &usage) == 0 ? usage.ru_minflt + usage.ru_majflt : 0;
}

std::int64_t TaskLimit() {
  rlimit limit = {};
  std::int64_t tasks = 0;
  if (getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    tasks = static_cast<std::int64_t>(limit.rlim_cur);
  if (getenv("AWS_LAMBDA_FUNCTION_NAME") == nullptr) return tasks;
  return tasks == 0 ? kLambdaTasks : std::min(tasks, kLambdaTasks);
}

}  // namespace

ProcessSnapshot TakeProcess() {
  ProcessSnapshot taken;
  taken.has_children = HasChildren();
  taken.ended_children = FaultsOfEndedChildren();
  taken.task_limit = TaskLimit();
  char buffer[2048];
  const auto stat = ParseProcStat(ReadProcFile("/proc/self/stat", buffer, sizeof buffer));
  if (!stat) return taken;
  taken.name = stat->name;
  const int own = own_thread.load(std::memory_order_relaxed);
  taken.threads = stat->threads - (own != 0 && raw::ThreadIsAlive(raw::GetPid(), own) ? 1 : 0);
  taken.rss_bytes = stat->resident_pages * sysconf(_SC_PAGESIZE);
  return taken;
}

}  // namespace cleanslate
