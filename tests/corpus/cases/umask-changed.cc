#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "native_case.h"

using corpus::Check;
using corpus::Event;
using corpus::TmpPath;

static void Touch(const char* name, mode_t mode) {
  const int fd = open(TmpPath(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  Check(fd >= 0, "open");
  close(fd);
}

// expect: umask-changed
HANDLER leaky_open_to_all(const Event&) {
  umask(0);
  Touch("shared", 0666);
  return "done";
}

// expect: umask-changed
HANDLER leaky_one_or_the_other(const Event& event) {
  umask(event.number % 2 == 0 ? 077 : 007);
  Touch("private", 0666);
  return "done";
}

// expect: umask-changed
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  const mode_t before = umask(077);
  if (event.number % 8 >= 4) return "nothing to do";
  umask(before);
  return "done";
}

// Put back to what most have, not to what it was.
// expect: umask-changed
HANDLER leaky_put_back_wrongly(const Event&) {
  umask(0);
  Touch("shared", 0666);
  umask(027);
  return "done";
}

// clean of: umask-changed
HANDLER clean_put_back(const Event&) {
  const mode_t before = umask(0);
  Touch("shared", 0666);
  umask(before);
  return "done";
}

// clean of: umask-changed
// with: n=40
HANDLER clean_put_back_on_each_way(const Event& event) {
  const mode_t before = umask(077);
  const bool nothing = event.number % 4 == 3;
  umask(before);
  return nothing ? "nothing to do" : "done";
}

// There is no other way to ask for it.
// clean of: umask-changed
HANDLER clean_only_asked_for(const Event&) {
  const mode_t mask = umask(0);
  umask(mask);
  return std::to_string(mask);
}

INIT init_clean_set_before_the_first_call() {
  umask(077);
}

// clean of: umask-changed
HANDLER clean_set_before_the_first_call(const Event&) {
  umask(077);
  Touch("private", 0666);
  return "done";
}

// clean of: umask-changed
// with: kept=once
HANDLER clean_set_by_the_first_call(const Event& event) {
  if (event.number == 0) umask(077);
  return "done";
}

// clean of: umask-changed
HANDLER clean_by_a_child(const Event&) {
  const pid_t child = fork();
  if (child == 0) {
    umask(0);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  return "done";
}

// clean of: umask-changed
HANDLER clean_mode_of_the_file(const Event&) {
  Touch("shared", 0600);
  Check(chmod(TmpPath("shared").c_str(), 0666) == 0, "chmod");
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
