#include "base/raw_io.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/guard.h"

namespace cleanslate {
namespace {

TEST(RawIo, ReturnsErrorsAsValuesAndLeavesErrnoAlone) {
  errno = EXDEV;
  EXPECT_EQ(raw::Call(SYS_close, -1), -EBADF);
  EXPECT_EQ(errno, EXDEV);
}

TEST(RawIo, KnowsThisProcessAndItsThreads) {
  EXPECT_EQ(raw::GetPid(), getpid());
  EXPECT_TRUE(raw::ThreadIsAlive(raw::GetPid(), raw::GetTid()));
  int other = 0;
  std::thread([&other] { other = raw::GetTid(); }).join();
  // join() returns when the kernel clears the thread's id, a moment before the thread is gone.
  while (raw::ThreadIsAlive(raw::GetPid(), other)) sched_yield();
  EXPECT_FALSE(raw::ThreadIsAlive(raw::GetPid(), other));
}

TEST(RawIo, LooksAtLinksThemselves) {
  struct stat link;
  EXPECT_EQ(raw::LStatAt(AT_FDCWD, "/proc/self", &link), 0);
  EXPECT_TRUE(S_ISLNK(link.st_mode));
  EXPECT_EQ(raw::LStatAt(AT_FDCWD, "/no/such/file", &link), -ENOENT);
}

TEST(RawIo, MapsZeroedPages) {
  auto* pages = static_cast<unsigned char*>(raw::MapPages(1 << 20));
  ASSERT_NE(pages, nullptr);
  EXPECT_EQ(pages[0], 0);
  EXPECT_EQ(pages[(1 << 20) - 1], 0);
  raw::UnmapPages(pages, 1 << 20);
  EXPECT_EQ(raw::MapPages(std::size_t{1} << 62), nullptr);
}

TEST(Guard, OnlyTheFirstIsOutermost) {
  const Guard outer;
  EXPECT_TRUE(outer.outermost());
  {
    const Guard inner;
    EXPECT_FALSE(inner.outermost());
  }
  std::thread([] { EXPECT_TRUE(Guard().outermost()); }).join();
}

TEST(ErrnoKeeper, PutsErrnoBack) {
  errno = EXDEV;
  {
    const ErrnoKeeper keep;
    errno = EINTR;
  }
  EXPECT_EQ(errno, EXDEV);
}

}  // namespace
}  // namespace cleanslate
