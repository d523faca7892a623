#include <dirent.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>

#include "native_case.h"

using corpus::Check;
using corpus::Event;
using corpus::TmpPath;

static void WriteTable() {
  std::FILE* table = std::fopen(TmpPath("prices.csv").c_str(), "w");
  Check(table != nullptr && std::fputs("apple,1\n", table) >= 0 && std::fclose(table) == 0, "no table");
}

OUTLINE std::FILE* OpenTable() {
  std::FILE* table = std::fopen(TmpPath("prices.csv").c_str(), "re");
  Check(table != nullptr, "no table");
  return table;
}

INIT init_leaky_table_opened_for_each_call() {
  WriteTable();
}

// expect: descriptor-leak *prices.csv
// also: heap-growth
// also: limit-approaching
HANDLER leaky_table_opened_for_each_call(const Event&) {
  return std::to_string(std::fgetc(OpenTable()));
}

OUTLINE int OpenAudit() {
  const int fd = open(TmpPath("audit.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  Check(fd >= 0, "no audit log");
  return fd;
}

// expect: descriptor-leak *audit.log
// also: tmp-growth
// also: limit-approaching
// with: n=40
HANDLER leaky_when_an_exception_passes(const Event& event) {
  const int fd = OpenAudit();
  try {
    if (event.number % 4 == 3) throw std::runtime_error("unknown customer");
    Check(write(fd, "order\n", 6) == 6, "can't write");
    close(fd);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "done";
}

// Only the end that is written to is closed.
// expect: descriptor-leak *pipe*
// also: limit-approaching
HANDLER leaky_pipe_closed_at_one_end(const Event& event) {
  int ends[2];
  Check(pipe2(ends, O_CLOEXEC) == 0, "no pipe");
  Check(write(ends[1], event.customer.data(), event.customer.size()) > 0, "can't write");
  close(ends[1]);
  char answer[64];
  return std::to_string(read(ends[0], answer, sizeof(answer)));
}

// expect: descriptor-leak *eventpoll*
// also: limit-approaching
HANDLER leaky_poll_for_each_call(const Event&) {
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  Check(poll >= 0, "no epoll");
  epoll_event event{};
  return std::to_string(epoll_wait(poll, &event, 1, 0));
}

// expect: descriptor-leak *eventfd*
// also: limit-approaching
HANDLER leaky_counter_for_each_call(const Event& event) {
  const int counter = eventfd(static_cast<unsigned>(event.rows), EFD_CLOEXEC);
  eventfd_t value = 0;
  Check(counter >= 0 && eventfd_read(counter, &value) == 0, "no eventfd");
  return std::to_string(value);
}

// Made for a timeout that was never set.
// expect: descriptor-leak *timerfd*
// also: limit-approaching
HANDLER leaky_timer_for_each_call(const Event&) {
  return std::to_string(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) >= 0);
}

// As a configuration's watcher does: the kernel allows 128.
// expect: descriptor-leak *inotify*
// also: limit-approaching
HANDLER leaky_watcher_for_each_call(const Event&) {
  const int watcher = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return std::to_string(watcher >= 0 && inotify_add_watch(watcher, TmpPath("").c_str(), IN_MODIFY) >= 0);
}

// expect: descriptor-leak *frame*
// also: limit-approaching
HANDLER leaky_memory_for_each_call(const Event& event) {
  const int memory = memfd_create("frame", MFD_CLOEXEC);
  return std::to_string(ftruncate(memory, event.rows));
}

// expect: descriptor-leak
// also: heap-growth
// also: limit-approaching
HANDLER leaky_folder_left_half_read(const Event&) {
  DIR* const folder = opendir("/etc");
  Check(folder != nullptr, "no folder");
  return std::to_string(readdir(folder) != nullptr);
}

// expect: descriptor-leak *signalfd*
// also: limit-approaching
HANDLER leaky_signals_for_each_call(const Event&) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR2);
  return std::to_string(signalfd(-1, &signals, SFD_CLOEXEC) >= 0);
}

// Standard output is kept to be put back, and then isn't closed.
// expect: descriptor-leak
// also: limit-approaching
HANDLER leaky_redirection(const Event&) {
  std::fflush(stdout);
  const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, STDOUT_FILENO);
  std::puts("not for the log");
  std::fflush(stdout);
  dup2(kept, STDOUT_FILENO);
  close(null);
  return "done";
}

INIT init_clean_table_closed() {
  WriteTable();
}

// clean of: descriptor-leak
HANDLER clean_table_closed(const Event&) {
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> table(OpenTable(), &std::fclose);
  return std::to_string(std::fgetc(table.get()));
}

INIT init_clean_table_kept() {
  WriteTable();
}

// clean of: descriptor-leak
HANDLER clean_table_kept(const Event&) {
  static std::FILE* const table = OpenTable();
  std::rewind(table);
  return std::to_string(std::fgetc(table));
}

// clean of: descriptor-leak
// with: n=40
HANDLER clean_closed_on_each_way(const Event& event) {
  const int fd = OpenAudit();
  try {
    if (event.number % 4 == 3) throw std::runtime_error("unknown customer");
  } catch (const std::runtime_error& error) {
    close(fd);
    return error.what();
  }
  close(fd);
  return "done";
}

// clean of: descriptor-leak
HANDLER clean_child_and_its_pipe(const Event& event) {
  int ends[2];
  Check(pipe2(ends, O_CLOEXEC) == 0, "no pipe");
  const pid_t child = fork();
  if (child == 0) _exit(write(ends[1], &event.rows, sizeof(event.rows)) == sizeof(event.rows) ? 0 : 1);
  close(ends[1]);
  int rows = 0;
  const ssize_t length = read(ends[0], &rows, sizeof(rows));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return std::to_string(length) + " " + std::to_string(rows);
}

struct Loop {
  int poll = epoll_create1(EPOLL_CLOEXEC), wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
      timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
};

// An event loop, made when it is first needed, with all that belongs to it.
// clean of: descriptor-leak
HANDLER clean_loop_made_once(const Event& event) {
  static const Loop loop;
  eventfd_write(loop.wake, static_cast<eventfd_t>(event.rows));
  epoll_event ready{};
  epoll_ctl(loop.poll, EPOLL_CTL_ADD, loop.wake, &ready);
  const int count = epoll_wait(loop.poll, &ready, 1, 0);
  epoll_ctl(loop.poll, EPOLL_CTL_DEL, loop.wake, &ready);
  eventfd_t value = 0;
  eventfd_read(loop.wake, &value);
  return std::to_string(count);
}

// clean of: descriptor-leak
HANDLER clean_all_kinds_closed(const Event& event) {
  const std::array<int, 5> all = {epoll_create1(EPOLL_CLOEXEC), eventfd(0, EFD_CLOEXEC),
                                  timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), inotify_init1(IN_CLOEXEC),
                                  memfd_create("frame", MFD_CLOEXEC)};
  for (const int fd : all) close(fd);
  return std::to_string(event.rows);
}

// One after the other in the same place.
// clean of: descriptor-leak
HANDLER clean_log_renewed(const Event& event) {
  static int log = -1;
  const int renewed = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (log < 0) {
    log = renewed;
  } else {
    dup3(renewed, log, O_CLOEXEC);
    close(renewed);
  }
  return std::to_string(write(log, event.customer.data(), event.customer.size()));
}

static std::array<int, 3> g_pool = {-1, -1, -1};

// Full with the third call.
// clean of: descriptor-leak
HANDLER clean_pool_of_three(const Event& event) {
  int& fd = g_pool[static_cast<std::size_t>(event.number) % g_pool.size()];
  if (fd < 0) fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
  lseek(fd, 0, SEEK_SET);
  char text[10];
  return std::to_string(read(fd, text, sizeof(text)));
}

static int g_current = -1;

// The old one goes when the new one is there.
// clean of: descriptor-leak
HANDLER clean_snapshot_renewed(const Event& event) {
  const int renewed = memfd_create("snapshot", MFD_CLOEXEC);
  Check(renewed >= 0 && ftruncate(renewed, event.rows) == 0, "no memory");
  if (g_current >= 0) close(g_current);
  g_current = renewed;
  return "done";
}

// clean of: descriptor-leak
HANDLER clean_redirection(const Event&) {
  std::fflush(stdout);
  const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(null, STDOUT_FILENO);
  std::puts("not for the log");
  std::fflush(stdout);
  dup2(kept, STDOUT_FILENO);
  close(kept);
  close(null);
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
