// bench_process FOLDER FILES FOLDERS WINDOWS CHANGE: a process that has as much of each kind of state as a
// busy function: 100 descriptors, 200 environment variables, 20 threads, 2 MB of static data, and FILES files
// in FOLDERS folders below FOLDER. It closes WINDOWS windows, in each of which it works and leaves nothing,
// and prints of each how many nanoseconds its end took. In window CHANGE, from 1, it leaves one new file in
// each folder.

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cleanslate/annotate.h"

namespace {

constexpr int kDescriptors = 100, kVariables = 200, kThreads = 20;
constexpr std::size_t kStatic = 1 << 20, kWrittenAWindow = 4 << 10;

char g_data[kStatic] = "not zero, and so in the file";
char g_zeroed[kStatic];

[[noreturn]] void Fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::uint32_t Random() {
  static std::uint32_t random = 1;
  random = random * 1664525u + 1013904223u;
  return random >> 8;
}

void Write(const std::string& path, const char* text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || write(fd, text, std::strlen(text)) < 0) Fail(path.c_str());
  close(fd);
}

int OpenDescriptors() {
  int count = 0;
  while (fcntl(count, F_GETFD) >= 0) ++count;
  for (; count < kDescriptors / 2; ++count)
    if (open("/etc/hostname", O_RDONLY | O_CLOEXEC) < 0) Fail("open");
  for (; count < 7 * kDescriptors / 10; ++count)
    if (eventfd(0, EFD_CLOEXEC) < 0) Fail("eventfd");
  for (int ends[2]; count < kDescriptors; count += 2)
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) Fail("socketpair");
  return count;
}

void SetVariables() {
  int count = 0;
  while (environ[count] != nullptr) ++count;
  for (; count < kVariables; ++count)
    setenv(("SETTING_" + std::to_string(count)).c_str(), std::string(40, 'x').c_str(), 1);
}

void StartThreads() {
  for (int i = 1; i < kThreads; ++i) {  // with the main thread
    pthread_t thread;
    const auto wait = [](void*) -> void* {
      for (;;) pause();
    };
    if (pthread_create(&thread, nullptr, wait, nullptr) != 0) Fail("pthread_create");
  }
}

std::vector<std::string> MakeFolders(const std::string& root, int files, int folders) {
  std::vector<std::string> made;
  for (int i = 0; i < folders; ++i) {
    made.push_back(root + "/folder-" + std::to_string(i));
    if (mkdir(made.back().c_str(), 0755) != 0) Fail(made.back().c_str());
  }
  for (int i = 0; i < files; ++i)
    Write(made[static_cast<std::size_t>(i % folders)] + "/file-" + std::to_string(i), "content\n");
  return made;
}

// What a call leaves nothing of, in each of the kinds.
void Work(const std::vector<std::string>& folders) {
  std::vector<std::string> rows(1000, std::string(100, 'x'));
  Write(folders[0] + "/scratch", rows[Random() % rows.size()].c_str());
  unlink((folders[0] + "/scratch").c_str());
  setenv("SETTING_199", std::string(40, 'x').c_str(), 1);
  for (std::size_t i = 0; i < kWrittenAWindow; i += 4) {
    const std::uint32_t number = Random();
    std::memcpy((i % 8 == 0 ? g_data : g_zeroed) + i, &number, sizeof(number));
  }
  asm volatile("" : : "r"(g_data), "r"(g_zeroed) : "memory");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: bench_process FOLDER FILES FOLDERS WINDOWS CHANGE\n");
    return 2;
  }
  const int windows = std::atoi(argv[4]), change = std::atoi(argv[5]);
  const std::vector<std::string> folders = MakeFolders(argv[1], std::atoi(argv[2]), std::atoi(argv[3]));
  std::memset(g_zeroed, 1, sizeof(g_zeroed));
  SetVariables();
  StartThreads();
  OpenDescriptors();
  for (int window = 1; window <= windows; ++window) {
    CLEANSLATE_WINDOW_BEGIN("bench");
    Work(folders);
    if (window == change)
      for (const std::string& folder : folders) Write(folder + "/new", "left behind\n");
    const auto start = std::chrono::steady_clock::now();
    CLEANSLATE_WINDOW_END();
    const auto took = std::chrono::steady_clock::now() - start;
    std::printf("%lld\n", static_cast<long long>(std::chrono::nanoseconds(took).count()));
    std::fflush(stdout);
  }
  return 0;
}
