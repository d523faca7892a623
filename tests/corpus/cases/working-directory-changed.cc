#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native_case.h"

using corpus::Check;
using corpus::Event;
using corpus::TmpPath;

static std::string WorkFolder(const std::string& name) {
  const std::string folder = TmpPath(name);
  mkdir(folder.c_str(), 0755);
  return folder;
}

// expect: working-directory-changed
// also: tmp-growth
HANDLER leaky_folder_of_the_customer(const Event& event) {
  Check(chdir(WorkFolder(event.customer).c_str()) == 0, "chdir");
  return "done";
}

// expect: working-directory-changed
HANDLER leaky_always_to_tmp(const Event&) {
  Check(chdir(TmpPath("").c_str()) == 0, "chdir");
  return "done";
}

// expect: working-directory-changed
HANDLER leaky_through_a_descriptor(const Event& event) {
  const int folder = open(WorkFolder("half-" + std::to_string(event.number % 2)).c_str(),
                          O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  Check(folder >= 0 && fchdir(folder) == 0, "fchdir");
  close(folder);
  return "done";
}

// expect: working-directory-changed
// with: n=40
HANDLER leaky_early_return(const Event& event) {
  const int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  Check(before >= 0 && chdir(WorkFolder("work").c_str()) == 0, "chdir");
  const bool nothing = event.number % 8 >= 4;
  if (!nothing) Check(fchdir(before) == 0, "fchdir");
  close(before);
  return nothing ? "nothing to do" : "done";
}

// Each call one level deeper.
// expect: working-directory-changed
// also: tmp-growth
HANDLER leaky_deeper_and_deeper(const Event& event) {
  if (event.number == 0) Check(chdir(TmpPath("").c_str()) == 0, "chdir");
  mkdir("deeper", 0755);
  Check(chdir("deeper") == 0, "chdir");
  return "done";
}

// clean of: working-directory-changed
HANDLER clean_put_back(const Event&) {
  const int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  Check(before >= 0 && chdir(WorkFolder("work").c_str()) == 0, "chdir");
  Check(fchdir(before) == 0, "fchdir");
  close(before);
  return "done";
}

// clean of: working-directory-changed
// with: n=40
HANDLER clean_put_back_on_each_way(const Event& event) {
  char before[4096];
  Check(getcwd(before, sizeof(before)) != nullptr, "getcwd");
  try {
    Check(chdir(WorkFolder("work").c_str()) == 0, "chdir");
    if (event.number % 4 == 3) throw std::runtime_error("unknown customer");
  } catch (const std::runtime_error& error) {
    Check(chdir(before) == 0, "chdir");
    return error.what();
  }
  Check(chdir(before) == 0, "chdir");
  return "done";
}

// clean of: working-directory-changed
HANDLER clean_by_a_child(const Event& event) {
  const pid_t child = fork();
  if (child == 0) _exit(chdir("/") == 0 ? event.number % 2 : 1);
  waitpid(child, nullptr, 0);
  return "done";
}

// Relative to a descriptor, not to where the process is.
// clean of: working-directory-changed
HANDLER clean_openat(const Event&) {
  const int folder = open(WorkFolder("work").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int file = openat(folder, "out.txt", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  Check(file >= 0, "openat");
  close(file);
  close(folder);
  return "done";
}

INIT init_clean_before_the_first_call() {
  Check(chdir("/") == 0, "chdir");
}

// clean of: working-directory-changed
HANDLER clean_before_the_first_call(const Event& event) {
  return std::to_string(access("etc/hostname", R_OK)) + std::to_string(event.rows);
}

// To where it is already.
// clean of: working-directory-changed
HANDLER clean_nowhere_else(const Event&) {
  char here[4096];
  Check(getcwd(here, sizeof(here)) != nullptr && chdir(here) == 0 && chdir(".") == 0, "chdir");
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
