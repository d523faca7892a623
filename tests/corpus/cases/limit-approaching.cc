#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <memory>
#include <thread>
#include <vector>

#include "native_case.h"

using corpus::Check;
using corpus::Event;

static void LowerDescriptors(rlim_t most) {
  const rlimit limit = {most, most};
  Check(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

OUTLINE int OpenOne() {
  const int fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
  Check(fd >= 0, "open");
  return fd;
}

INIT init_leaky_descriptors() {
  LowerDescriptors(200);
}

// expect: limit-approaching
// expect: descriptor-leak
HANDLER leaky_descriptors(const Event&) {
  return std::to_string(OpenOne());
}

// Lambda's own limit, in less than a thousand calls.
// expect: limit-approaching
// expect: connection-leak
HANDLER leaky_connections(const Event&) {
  const int first = corpus::Connect("PEER_KEEPING"), second = corpus::Connect("PEER_KEEPING");
  return std::to_string(first < second);
}

OUTLINE char* LoadPage(std::size_t bytes) {
  char* page = corpus::Opaque(static_cast<char*>(std::malloc(bytes)));
  std::memset(page, 1, bytes);
  return page;
}

// expect: limit-approaching
// expect: heap-growth *LoadPage*
// with: memory=128
HANDLER leaky_memory(const Event&) {
  return std::to_string(LoadPage(1 << 20)[5]);
}

OUTLINE void* MapPage() {
  void* page = mmap(nullptr, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Check(page != MAP_FAILED, "mmap");
  std::memset(page, 1, 2 << 20);
  return page;
}

// expect: limit-approaching
// expect: mapping-growth *MapPage*
// with: memory=256
HANDLER leaky_mapped_memory(const Event&) {
  return std::to_string(static_cast<char*>(MapPage())[7]);
}

// expect: limit-approaching
// expect: thread-left-running
// also: heap-growth
// also: mapping-growth
HANDLER leaky_threads(const Event&) {
  for (int i = 0; i < 8; ++i)
    std::thread([] {
      for (;;) pause();
    }).detach();
  return "done";
}

// A leak, but so slow that the environment will not live to see its end.
// expect: heap-growth *LoadPage*
HANDLER leaky_slowly(const Event&) {
  return std::to_string(LoadPage(64)[5]);
}

static std::vector<int> g_pool;

INIT init_clean_pool_of_sixty() {
  LowerDescriptors(100);
}

// clean of: limit-approaching
// with: alone=yes
HANDLER clean_pool_of_sixty(const Event&) {
  while (g_pool.size() < 60) g_pool.push_back(OpenOne());
  return std::to_string(g_pool.size());
}

INIT init_clean_many_opened_and_closed() {
  LowerDescriptors(100);
}

// clean of: limit-approaching
// with: alone=yes
HANDLER clean_many_opened_and_closed(const Event&) {
  int fds[70];
  for (int& fd : fds) fd = OpenOne();
  for (const int fd : fds) close(fd);
  return "done";
}

// clean of: limit-approaching
// with: memory=128
HANDLER clean_large_and_loaded_once(const Event& event) {
  static const char* const model = LoadPage(60 << 20);
  return std::to_string(model[event.rows]);
}

static std::unique_ptr<char, decltype(&std::free)> g_recent[2] = {{nullptr, &std::free},
                                                                  {nullptr, &std::free}};

// clean of: limit-approaching
// with: memory=128
HANDLER clean_large_and_renewed(const Event& event) {
  g_recent[event.number % 2].reset(LoadPage((15 << 20) + static_cast<std::size_t>(event.rows) * 1000));
  return "done";
}

// clean of: limit-approaching
// with: memory=128
HANDLER clean_large_and_freed(const Event& event) {
  const std::unique_ptr<char, decltype(&std::free)> page(LoadPage(80 << 20), &std::free);
  return std::to_string(page.get()[event.rows]);
}

// clean of: limit-approaching
HANDLER clean_many_threads_joined(const Event&) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 30; ++i) threads.emplace_back([] {});
  for (std::thread& thread : threads) thread.join();
  return "done";
}

INIT init_clean_low_limit_that_is_not_neared() {
  LowerDescriptors(40);
}

// One descriptor goes for another.
// clean of: limit-approaching
HANDLER clean_low_limit_that_is_not_neared(const Event&) {
  static int current = -1;
  if (current >= 0) close(current);
  current = OpenOne();
  return "done";
}

int main(int argc, char** argv) {
  return corpus::Run(argc, argv);
}
