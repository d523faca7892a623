// A function that leaves things with names that somebody else chose: one of each kind in each invocation,
// with the next of the names that stand, NUL-separated, in the file HOSTILE_NAMES. `names clean` does the
// same and then undoes it.
//
// HOSTILE_FOLDER is where its programs and libraries are put; files go to TMPDIR. A name is as long as its
// kind allows, and says which invocation it was, so that no two are the same.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <string>
#include <vector>

#include "raw_runtime.h"

namespace {

constexpr size_t kNameMost = 255;  // NAME_MAX
constexpr size_t kTaskMost = 15;   // of a thread or a process, as the kernel keeps it
constexpr size_t kMemoryMost = 249;

[[noreturn]] void Fail(const char* what) {
  dprintf(2, "victim: %s: %s\n", what, strerror(errno));
  _exit(1);
}
void Check(bool holds, const char* what) {
  if (!holds) Fail(what);
}

std::string Content(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  Check(fd >= 0, path.c_str());
  std::string text;
  char part[4096];
  for (ssize_t length; (length = read(fd, part, sizeof(part))) > 0;)
    text.append(part, static_cast<size_t>(length));
  close(fd);
  return text;
}

std::vector<std::string> Names() {
  const std::string text = Content(getenv("HOSTILE_NAMES"));
  std::vector<std::string> names;
  for (size_t at = 0; at < text.size(); at = text.find('\0', at) + 1) names.emplace_back(text.c_str() + at);
  return names;
}

// The name's beginning, then its number.
std::string Short(const std::string& name, size_t number, size_t most) {
  const std::string tail = " " + std::to_string(number);
  return name.substr(0, most - tail.size()) + tail;
}

std::string AsFile(std::string name) {
  std::replace(name.begin(), name.end(), '/', '|');
  return name;
}

void CopyProgram(const std::string& from, const std::string& to, mode_t mode) {
  const std::string bytes = Content(from);
  const int fd = open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  Check(fd >= 0 && write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "copy");
  close(fd);
}

// One invocation's things, and how each is undone.
class Things {
 public:
  Things(const std::string& name, size_t number) : name_(name), number_(number) {
    folder_ = getenv("HOSTILE_FOLDER");
    tmp_ = getenv("TMPDIR");
    before_ = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    Check(before_ >= 0, "the working directory");
  }

  void MakeFiles() {
    const std::string name = AsFile(Short(name_, number_, kNameMost));
    file_ = tmp_ + "/" + name;
    const int fd = open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    Check(fd >= 0, "a file");
    close(fd);
    kept_ = open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    memory_ = memfd_create(Short(name_, number_, kMemoryMost).c_str(), MFD_CLOEXEC);
    Check(kept_ >= 0 && memory_ >= 0, "descriptors");
  }

  // The path is as long as the socket's name may be.
  void MakeSocket() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    Check(chdir(tmp_.c_str()) == 0, "chdir");
    path_ = AsFile(Short(name_, number_, sizeof(address.sun_path) - 2)) + "s";
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Check(
        bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 && listen(socket_, 1) == 0,
        "a socket");
    // And one that isn't in the file system.
    abstract_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const std::string name = Short(name_, number_, sizeof(address.sun_path) - 2);
    memset(address.sun_path, 0, sizeof(address.sun_path));
    name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
    const size_t length = offsetof(sockaddr_un, sun_path) + 1 + name.size();
    Check(bind(abstract_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(length)) == 0,
          "an abstract socket");
    Check(fchdir(before_) == 0, "chdir");
  }

  // Every other one is folders below folders: a path of about 4,000 bytes, and now and then a longer one than
  // a path may be.
  void ChangeFolder() {
    const size_t depth = number_ % 2 == 0 ? 1 : number_ % 6 == 5 ? 17 : 14;
    Check(chdir(tmp_.c_str()) == 0, "chdir");
    for (size_t level = 0; level < depth; ++level) {
      const std::string name =
          AsFile(depth == 1 ? Short(name_, number_, kNameMost - 1) : Padded(level)) + "d";
      Check(mkdir(name.c_str(), 0755) == 0 && chdir(name.c_str()) == 0, "folders");
      below_.push_back(name);
    }
  }

  void SetVariable() {
    std::string name = name_ + " " + std::to_string(number_);
    std::replace(name.begin(), name.end(), '=', '-');
    variable_ = strdup((name + "=" + name_).c_str());
    Check(putenv(variable_) == 0, "putenv");
  }

  void StartThread() {
    Check(pipe2(stop_, O_CLOEXEC) == 0, "a pipe");
    Check(pthread_create(&thread_, nullptr, &WaitForEnd, this) == 0, "a thread");
    Check(pthread_setname_np(thread_, Short(name_, number_, kTaskMost).c_str()) == 0, "a thread's name");
  }

  void StartProcesses() {
    program_ = folder_ + "/" + AsFile(Short(name_, number_, kNameMost - 1)) + "x";
    CopyProgram("/proc/self/exe", program_, 0755);
    int started[2];
    Check(pipe2(started, O_CLOEXEC) == 0, "a pipe");
    children_[0] = fork();
    if (children_[0] == 0) {
      execl(program_.c_str(), name_.c_str(), "sleep", nullptr);
      Fail("exec");
    }
    children_[1] = fork();
    if (children_[1] == 0) {
      prctl(PR_SET_NAME, Short(name_, number_, kTaskMost).c_str());
      close(started[0]);
      close(started[1]);
      for (;;) pause();
    }
    close(started[1]);
    char byte;
    Check(read(started[0], &byte, 1) == 0, "children");  // both have their names now
    close(started[0]);
  }

  // Its copy is named like the rest, and so are the functions in it: the test has seen to that.
  void LoadLibrary() {
    library_ = folder_ + "/" + AsFile(Short(name_, number_, kNameMost - 3)) + ".so";
    CopyProgram(folder_ + "/plugin.so", library_, 0755);
    handle_ = dlopen(library_.c_str(), RTLD_NOW);
    if (handle_ == nullptr) dprintf(2, "victim: %s\n", dlerror());
    Check(handle_ != nullptr, "a library");
    const auto keep = reinterpret_cast<void* (*)()>(dlsym(handle_, "plugin_keep"));
    Check(keep != nullptr, "plugin_keep");
    block_ = keep();
  }

  void Undo() {
    free(block_);
    dlclose(handle_);
    unlink(library_.c_str());
    for (const pid_t child : children_) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    unlink(program_.c_str());
    close(stop_[1]);
    pthread_join(thread_, nullptr);
    close(stop_[0]);
    const std::string entry = variable_;
    unsetenv(entry.substr(0, entry.find('=')).c_str());
    free(variable_);
    for (; !below_.empty(); below_.pop_back())
      Check(chdir("..") == 0 && rmdir(below_.back().c_str()) == 0, "folders");
    Check(chdir(tmp_.c_str()) == 0 && unlink(path_.c_str()) == 0 && fchdir(before_) == 0, "chdir");
    for (const int fd : {kept_, memory_, socket_, abstract_}) close(fd);
    unlink(file_.c_str());
  }

  void ForgetFolder() { close(before_); }

 private:
  static void* WaitForEnd(void* self) {
    char byte;
    while (read(static_cast<Things*>(self)->stop_[0], &byte, 1) < 0) {
    }
    return nullptr;
  }

  std::string Padded(size_t level) const {
    std::string name = name_;
    while (name.size() < kNameMost) name += name_;
    return Short(name, number_ * 100 + level, kNameMost - 1);
  }

  const std::string& name_;
  size_t number_;
  std::string folder_, tmp_, file_, path_, program_, library_;
  std::vector<std::string> below_;
  int before_ = -1, kept_ = -1, memory_ = -1, socket_ = -1, abstract_ = -1;
  int stop_[2] = {-1, -1};
  char* variable_ = nullptr;
  pthread_t thread_ = {};
  pid_t children_[2] = {};
  void* handle_ = nullptr;
  void* block_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "sleep") {
    for (;;) pause();
  }
  victim::RawRuntime runtime;  // on the stack: its buffers hold each event's text
  const std::vector<std::string> names = Names();
  for (size_t number = 0;; ++number) {
    runtime.Next();
    auto* things = new Things(names[number % names.size()], number);
    things->MakeFiles();
    things->MakeSocket();
    things->ChangeFolder();
    things->SetVariable();
    things->StartThread();
    things->StartProcesses();
    things->LoadLibrary();
    if (mode == "clean") things->Undo();
    things->ForgetFolder();
    if (mode == "clean") delete things;
    runtime.Respond("{}");
  }
}
