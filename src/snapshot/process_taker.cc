#include "snapshot/process_taker.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace cleanslate {

namespace {

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

}  // namespace

ProcessSnapshot TakeProcess(std::int64_t own_threads) {
  ProcessSnapshot taken;
  taken.has_children = HasChildren();
  taken.ended_children = FaultsOfEndedChildren();
  const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return taken;
  char text[2048];
  const ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return taken;
  text[got] = '\0';

  // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
  const char* const fields = std::strrchr(text, ')');
  if (fields == nullptr) return taken;
  long threads = 0;
  long resident_pages = 0;
  // Third field (state) to 24th (rss); the 20th is num_threads.
  const int read_fields = std::sscanf(fields + 1,
                                      " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                                      "%ld %*d %*u %*u %ld",
                                      &threads, &resident_pages);
  if (read_fields != 2) return taken;
  taken.threads = threads - own_threads;
  taken.rss_bytes = std::int64_t{resident_pages} * sysconf(_SC_PAGESIZE);
  return taken;
}

}  // namespace cleanslate
