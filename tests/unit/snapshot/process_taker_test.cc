#include "snapshot/process_taker.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <latch>
#include <thread>

#include "base/own_thread.h"
#include "base/raw_io.h"
#include "gtest/gtest.h"
#include "snapshot/thread_taker.h"

namespace cleanslate {
namespace {

TEST(TakeProcess, CountsThreads) {
  std::thread([] {}).join();  // with the first thread, ThreadSanitizer starts one of its own
  const std::int64_t before = TakeProcess().threads;
  EXPECT_GE(before, 1);
  std::latch done(1);
  std::atomic<int> tid = 0;
  std::thread waiting([&] {
    tid = raw::GetTid();
    done.wait();
  });
  while (tid == 0) std::this_thread::yield();
  EXPECT_EQ(TakeProcess().threads, before + 1);
  own_thread = tid.load();
  EXPECT_EQ(TakeProcess().threads, before);
  ThreadTaker taker({});
  const auto soon = ThreadTaker::Clock::now() + std::chrono::seconds(10);
  EXPECT_EQ(static_cast<std::int64_t>(taker.Take(soon).threads.size()), before);
  done.count_down();
  waiting.join();
  EXPECT_EQ(TakeProcess().threads, before);
  own_thread = 0;
}

TEST(TakeProcess, MeasuresResidentMemory) {
  constexpr std::size_t kBytes = 64 << 20;
  const std::int64_t before = TakeProcess().rss_bytes;
  EXPECT_GT(before, 0);
  void* const block = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  std::memset(block, 1, kBytes);
  EXPECT_GT(TakeProcess().rss_bytes, before + static_cast<std::int64_t>(kBytes) / 2);
  munmap(block, kBytes);
}

TEST(TakeProcess, SeesChildrenAndLeavesThemToTheirParent) {
  const ProcessSnapshot before = TakeProcess();
  EXPECT_FALSE(before.has_children);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(7);
  EXPECT_TRUE(TakeProcess().has_children);
  siginfo_t ended = {};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(TakeProcess().has_children);  // not yet waited for
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child) << "it must still be there to be waited for";
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_FALSE(TakeProcess().has_children);
  EXPECT_GT(TakeProcess().ended_children, before.ended_children);
}

TEST(TakeProcess, ReadsPastAnyProgramName) {
  char name[16] = {};
  ASSERT_EQ(prctl(PR_GET_NAME, name), 0);
  ASSERT_EQ(prctl(PR_SET_NAME, "a) R 1 2 (b"), 0);
  const ProcessSnapshot taken = TakeProcess();
  prctl(PR_SET_NAME, name);
  EXPECT_GE(taken.threads, 1);
  EXPECT_LT(taken.threads, 100);
  EXPECT_GT(taken.rss_bytes, 1 << 20);
}

}  // namespace
}  // namespace cleanslate
