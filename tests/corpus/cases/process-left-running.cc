#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>
#include <initializer_list>

#include "native_case.h"

using corpus::Check;
using corpus::Event;

static pid_t Spawn(const char* path, std::initializer_list<const char*> words) {
  char* arguments[8] = {};
  std::size_t count = 0;
  for (const char* word : words) arguments[count++] = const_cast<char*>(word);
  pid_t child = 0;
  Check(posix_spawn(&child, path, nullptr, nullptr, arguments, environ) == 0, "can't start a child");
  return child;
}

// expect: process-left-running
// also: limit-approaching
HANDLER leaky_helper_for_each_call(const Event&) {
  return std::to_string(Spawn("/bin/sleep", {"sleep", "300"}) > 0);
}

// It has ended, but nobody has asked how.
// expect: process-left-running
// also: limit-approaching
HANDLER leaky_never_waited_for(const Event& event) {
  int ends[2];
  Check(pipe2(ends, O_CLOEXEC) == 0, "no pipe");
  if (fork() == 0) _exit(event.rows > 0 ? 0 : 1);
  close(ends[1]);
  char byte;
  const ssize_t length = read(ends[0], &byte, 1);  // until it has ended
  close(ends[0]);
  return std::to_string(length);
}

// expect: process-left-running
// also: limit-approaching
HANDLER leaky_fork_that_stays(const Event&) {
  if (fork() == 0) {
    for (;;) pause();
  }
  return "done";
}

// expect: process-left-running
// also: descriptor-leak
// also: heap-growth
// also: limit-approaching
HANDLER leaky_pipe_to_a_command(const Event&) {
  std::FILE* const command = popen("cat >/dev/null", "we");
  return std::to_string(command != nullptr);
}

// expect: process-left-running
// also: limit-approaching
// with: n=40
HANDLER leaky_when_it_gives_up(const Event& event) {
  const pid_t child = Spawn("/bin/sleep", {"sleep", "300"});
  if (event.number % 4 == 3) return "timed out";
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return "done";
}

// Killed, and left as a zombie.
// expect: process-left-running
// also: limit-approaching
HANDLER leaky_killed_only(const Event&) {
  return std::to_string(kill(Spawn("/bin/sleep", {"sleep", "300"}), SIGKILL));
}

// clean of: process-left-running
HANDLER clean_waited_for(const Event&) {
  int status = 0;
  waitpid(Spawn("/bin/true", {"true"}), &status, 0);
  return std::to_string(status);
}

// clean of: process-left-running
HANDLER clean_killed_and_waited_for(const Event&) {
  const pid_t child = Spawn("/bin/sleep", {"sleep", "300"});
  kill(child, SIGKILL);
  return std::to_string(waitpid(child, nullptr, 0) == child);
}

// clean of: process-left-running
HANDLER clean_pipe_closed(const Event& event) {
  std::FILE* const command = popen("cat >/dev/null", "we");
  Check(command != nullptr && std::fputs(event.customer.c_str(), command) >= 0, "popen");
  return std::to_string(pclose(command));
}

// clean of: process-left-running
HANDLER clean_shell(const Event&) {
  return std::to_string(std::system("true"));
}

struct Helper {
  Helper() {
    Check(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "no pipe");
    if (fork() != 0) return;
    char byte;
    while (read(in[0], &byte, 1) == 1 && write(out[1], &byte, 1) == 1) {
    }
    _exit(0);
  }
  char Ask(char byte) const {
    Check(write(in[1], &byte, 1) == 1 && read(out[0], &byte, 1) == 1, "the helper has gone");
    return byte;
  }
  int in[2], out[2];
};

// One that is started when it is first needed, and asked by each call.
// clean of: process-left-running
HANDLER clean_helper_kept(const Event& event) {
  static const Helper helper;
  return std::to_string(helper.Ask(static_cast<char>(event.rows)));
}

// clean of: process-left-running
// with: alone=yes
HANDLER clean_all_waited_for_at_once(const Event&) {
  for (int i = 0; i < 3; ++i) Spawn("/bin/true", {"true"});
  int count = 0;
  while (wait(nullptr) > 0) ++count;
  return std::to_string(count);
}

static pid_t g_helper;

INIT init_clean_started_before_the_first_call() {
  g_helper = Spawn("/bin/sleep", {"sleep", "300"});
}

// clean of: process-left-running
HANDLER clean_started_before_the_first_call(const Event&) {
  return std::to_string(kill(g_helper, 0));
}

// clean of: process-left-running
// with: n=40
HANDLER clean_waited_for_on_each_way(const Event& event) {
  const pid_t child = Spawn("/bin/sleep", {"sleep", "300"});
  const bool gives_up = event.number % 4 == 3;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return gives_up ? "timed out" : "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
