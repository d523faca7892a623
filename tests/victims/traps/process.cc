// Processes: fork, vfork, spawn, exec, and every way to end.

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "trap.h"

using trap::Say;

namespace {

int WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int NoCoreDump() {
  rlimit none{0, 0};
  return setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

TRAP(fork_and_allocate_in_the_child) {
  char* before = strdup("from the parent");
  pid_t child = fork();
  if (child == 0) {
    char* grown = static_cast<char*>(realloc(before, 100000));
    FILE* file = fopen("/dev/null", "w");
    fputs(grown, file);
    fclose(file);
    Say("child: %s", grown);
    free(grown);
    exit(7);
  }
  Say("child ended with %d; parent has: %s", WaitFor(child), before);
  free(before);
  return 0;
}

// A lock that another thread holds at the moment of fork stays held for ever in the child.
TRAP(fork_while_threads_allocate) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&stop] {
      while (!stop) {
        void* blocks[64];
        for (int j = 0; j < 64; ++j) blocks[j] = malloc(static_cast<size_t>(j) * 37);
        for (void* block : blocks) free(block);
        close(dup(2));
      }
    });
  }
  int good = 0;
  for (int i = 0; i < 100; ++i) {
    pid_t child = fork();
    if (child == 0) {
      for (int j = 0; j < 100; ++j) free(malloc(1000));
      close(open("/dev/null", O_RDONLY));
      _exit(5);
    }
    good += WaitFor(child) == 5;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  Say("%d children came back", good);
  return 0;
}

TRAP(fork_of_a_fork) {
  pid_t child = fork();
  if (child == 0) {
    pid_t grandchild = fork();
    if (grandchild == 0) {
      free(malloc(10));
      exit(3);
    }
    exit(WaitFor(grandchild) + 1);
  }
  Say("%d", WaitFor(child));
  return 0;
}

// The child runs in our memory: what it closes is closed for itself only.
TRAP(vfork_child_closes_and_executes) {
  int descriptor = open("/dev/null", O_RDONLY);
  for (int i = 0; i < 20; ++i) {
    pid_t child = vfork();
    if (child == 0) {
      close(descriptor);
      execl("/bin/true", "true", static_cast<char*>(nullptr));
      _exit(127);
    }
    if (WaitFor(child) != 0) Say("child failed");
  }
  Say("still open: %d", fcntl(descriptor, F_GETFD) >= 0);
  return close(descriptor);
}

static int CloseInClone(void* descriptor) {
  close(*static_cast<int*>(descriptor));
  return 9;
}

TRAP(clone_that_shares_memory) {
  static char stack[64 * 1024] __attribute__((aligned(16)));
  int descriptor = open("/dev/null", O_RDONLY);
  pid_t child = clone(CloseInClone, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &descriptor);
  Say("child ended with %d; still open: %d", WaitFor(child), fcntl(descriptor, F_GETFD) >= 0);
  void* block = malloc(100);
  free(block);
  return 0;
}

TRAP(posix_spawn_with_file_actions) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 5, "/etc/hostname", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_addclose(&actions, 0);
  char shell[] = "sh", flag[] = "-c",
       script[] = "echo out; echo err >&2; ls /proc/self/fd | head -3 | wc -l; exit 4";
  char* arguments[] = {shell, flag, script, nullptr};
  pid_t child = 0;
  int error = posix_spawnp(&child, "sh", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  Say("spawn %d, ended with %d", error, WaitFor(child));
  error = posix_spawn(&child, "/nonexistent", nullptr, nullptr, arguments, environ);
  Say("spawn of nothing: %s", strerror(error));
  return 0;
}

TRAP(system_and_popen) {
  Say("system: %d", WEXITSTATUS(system("exit 3")));
  FILE* pipe = popen("echo through the pipe; exit 6", "r");
  char line[100] = {};
  if (fgets(line, sizeof(line), pipe) == nullptr) return 1;
  Say("popen: %s", strtok(line, "\n"));
  Say("pclose: %d", WEXITSTATUS(pclose(pipe)));
  return 0;
}

TRAP(chain_of_exec) {
  const char* depth = getenv("TRAP_DEPTH");
  int reached = depth != nullptr ? atoi(depth) : 0;
  Say("reached %d", reached);
  if (reached == 3) return 11;
  char next[16];
  snprintf(next, sizeof(next), "%d", reached + 1);
  setenv("TRAP_DEPTH", next, 1);
  char program[] = "trap", name[] = "chain_of_exec";
  char* arguments[] = {program, name, nullptr};
  if (reached == 0) execv("/proc/self/exe", arguments);
  if (reached == 1) execve("/proc/self/exe", arguments, environ);
  int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  fexecve(self, arguments, environ);
  return 1;
}

TRAP(failed_exec_leaves_the_process_usable) {
  char program[] = "x";
  char* arguments[] = {program, nullptr};
  int result = execv("/nonexistent/program", arguments);
  Say("%d %s", result, strerror(errno));
  result = execvp("a-command-that-nobody-has", arguments);
  Say("%d %s", result, strerror(errno));
  free(malloc(1 << 20));
  close(open("/dev/null", O_RDONLY));
  return 5;
}

TRAP(exit_code_is_kept) {
  exit(42);
}
TRAP(quick_exit_code_is_kept) {
  quick_exit(43);
}
TRAP(immediate_exit_code_is_kept) {
  _exit(44);
}

TRAP(death_by_abort) {
  NoCoreDump();
  abort();
}

TRAP(death_by_segmentation_fault) {
  NoCoreDump();
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
  return 0;
}

TRAP(death_by_kill) {
  return raise(SIGKILL);
}
TRAP(death_by_terminate) {
  return raise(SIGTERM);
}

TRAP(exit_inside_a_thread) {
  std::thread([] { exit(17); }).detach();
  for (;;) pause();
}

TRAP(daemon_that_closes_everything) {
  int ready[2];
  if (pipe(ready) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    setsid();
    int moved = dup2(ready[1], 3);
    closefrom(4);
    void* block = malloc(100000);
    int lowest = open("/dev/null", O_RDONLY);
    dprintf(moved, "daemon: lowest free is %d", lowest);
    free(block);
    exit(0);
  }
  close(ready[1]);
  char said[100] = {};
  ssize_t length = read(ready[0], said, sizeof(said) - 1);
  Say("%zd bytes, %s, ended with %d", length, said, WaitFor(child));
  return 0;
}

TRAP(library_daemon) {
  int ready[2];
  if (pipe(ready) != 0) return 1;
  pid_t child = fork();
  if (child == 0) {
    if (daemon(1, 1) != 0) _exit(1);
    free(malloc(77));
    dprintf(ready[1], "detached");
    exit(0);
  }
  close(ready[1]);
  char said[100] = {};
  ssize_t length = read(ready[0], said, sizeof(said) - 1);
  Say("%zd bytes, %s, parent ended with %d", length, said, WaitFor(child));
  return 0;
}
