#include "record/recorder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace cleanslate {
namespace {

// The recorder is large and lives in static storage, as in the library.
class RecorderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    recorder.Reset();
    ASSERT_TRUE(recorder.Open(options_, 5));
    recorder.AdvanceWindow();
  }

  struct Level {
    std::int64_t blocks = 0;
    std::int64_t bytes = 0;
    bool operator==(const Level&) const = default;
  };
  // Everything alive, whatever its site.
  static Level Live() {
    Level level;
    for (int i = 0; i < recorder.threads().count(); ++i) {
      for (std::uint32_t site = 1; site <= recorder.stacks().stacks() + 1; ++site) {
        const SiteShare* share = recorder.threads().at(i)->books.Find(site);
        if (share == nullptr) continue;
        level.blocks += share->live_blocks();
        level.bytes += share->live_bytes();
      }
    }
    return level;
  }

  static void Bear(void* block, std::size_t bytes) {
    const Guard guard;
    const Recorder::Booking booking = recorder.Prepare(guard, CallSite{}, bytes);
    if (!recorder.Book(booking, block, bytes)) recorder.BlockBorn(guard, CallSite{}, block, bytes);
  }
  static void* Block(int n) {
    return reinterpret_cast<void*>(std::uintptr_t{0x5000'0000'0000} + 64u * static_cast<unsigned>(n));
  }

  Options options_;
};

TEST_F(RecorderTest, ABlockIsBornAndGone) {
  Bear(Block(1), 100);
  EXPECT_EQ(Live(), (Level{1, 100}));
  EXPECT_EQ(recorder.BlockGone(Guard(), Block(1)).bytes, 100u);
  EXPECT_EQ(Live(), (Level{0, 0}));
  EXPECT_EQ(recorder.BlockGone(Guard(), Block(1)).site, StackId::kNone);
}

TEST_F(RecorderTest, NothingIsRecordedInsideCleanslate) {
  const Guard outer;
  const Guard inner;
  EXPECT_FALSE(recorder.Book(recorder.Prepare(inner, CallSite{}, 100), Block(1), 100));
  recorder.BlockBorn(inner, CallSite{}, Block(1), 100);
  EXPECT_EQ(Live(), (Level{0, 0}));
}

TEST_F(RecorderTest, ABlockThatStaysIsBackInTheBooks) {
  Bear(Block(1), 100);
  const BlockRecord record = recorder.BlockGone(Guard(), Block(1));
  recorder.BlockStays(Guard(), Block(1), record);
  EXPECT_EQ(Live(), (Level{1, 100}));
}

TEST_F(RecorderTest, AnAddressThatWasFreedUnseenIsNotCountedTwice) {
  Bear(Block(1), 100);
  Bear(Block(1), 30);
  EXPECT_EQ(Live(), (Level{1, 30}));
}

TEST_F(RecorderTest, ABlockLeavesTheWindowItWasBornInAndNoOther) {
  const auto born_in = [](WindowNumber window) {
    const SiteShare* share =
        recorder.threads().at(0)->books.Find(static_cast<std::uint32_t>(StackTable::kNoStack));
    return share == nullptr ? -1 : share->Blocks(CohortOf(window));
  };
  recorder.Reset();
  options_.stacks = StackMode::kOff;
  ASSERT_TRUE(recorder.Open(options_, 5));
  for (int n = 0; n < 12; ++n) {
    const WindowNumber window = recorder.window();
    Bear(Block(n), 100);
    if (n >= 6) recorder.BlockGone(Guard(), Block(n - 6));  // of six windows ago: the same parity
    EXPECT_EQ(born_in(window), 1) << n;
    EXPECT_EQ(Live().blocks, n >= 6 ? 6 : n + 1);
    recorder.MakeEarlier(recorder.AdvanceWindow());
  }
}

TEST_F(RecorderTest, APointerIntoABlockIsNobodys) {
  Bear(Block(1), 5000);
  for (int n = 2; n < 6; ++n) EXPECT_EQ(recorder.BlockGone(Guard(), Block(n)).site, StackId::kNone);
  char* const first = static_cast<char*>(Block(1));
  for (int unit = 1; unit < 5; ++unit) {
    EXPECT_EQ(recorder.BlockGone(Guard(), first + 32 * unit).site, StackId::kNone);
  }
  EXPECT_EQ(recorder.BlockGone(Guard(), Block(1)).bytes, 5000u);
  EXPECT_EQ(Live(), (Level{0, 0}));
}

TEST_F(RecorderTest, AnotherThreadsFreeBalances) {
  Bear(Block(1), 100);
  std::thread([] { recorder.BlockGone(Guard(), Block(1)); }).join();
  EXPECT_EQ(Live(), (Level{0, 0}));
}

TEST_F(RecorderTest, BirthsInAnIgnoredScopeAreLeftOutAndDeathsAreNot) {
  Bear(Block(1), 100);
  thread_locals.ignoring = 1;
  Bear(Block(2), 100);
  recorder.BlockGone(Guard(), Block(1));
  thread_locals.ignoring = 0;
  EXPECT_EQ(Live(), (Level{0, 0}));
}

TEST_F(RecorderTest, ADeadThreadsStateServesTheNext) {
  for (int i = 0; i < 200; ++i) {
    std::thread([i] { Bear(Block(i), 1); }).join();
  }
  EXPECT_EQ(Live(), (Level{200, 200}));
  EXPECT_LT(recorder.threads().count(), 50);
}

TEST_F(RecorderTest, DescriptorsKnowTheirWindowUntilTheyClose) {
  recorder.AdvanceWindow();
  recorder.DescriptorBorn(Guard(), 9);
  EXPECT_EQ(recorder.DescriptorBirth(9).window, 2u);
  EXPECT_NE(recorder.DescriptorBirth(9).stack, StackId::kNone);
  const Birth birth = recorder.DescriptorGone(Guard(), 9);
  EXPECT_EQ(recorder.DescriptorBirth(9).stack, StackId::kNone);
  recorder.DescriptorStays(Guard(), 9, birth);
  EXPECT_EQ(recorder.DescriptorBirth(9).window, 2u);
  recorder.DescriptorsGone(Guard(), 3, ~0u);
  EXPECT_EQ(recorder.DescriptorBirth(9).stack, StackId::kNone);
  recorder.DescriptorBorn(Guard(), Recorder::kMaxDescriptors);
  EXPECT_EQ(recorder.DescriptorBirth(Recorder::kMaxDescriptors).stack, StackId::kNone);
}

TEST_F(RecorderTest, AFileIsKnownByWhoWroteItLastOncePerWindow) {
  char path[] = "/tmp/recorder_test.XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  struct stat file;
  ASSERT_EQ(fstat(fd, &file), 0);
  EXPECT_TRUE(recorder.FileWriteIsNews(fd));
  recorder.FileWritten(Guard(), fd);
  EXPECT_FALSE(recorder.FileWriteIsNews(fd));
  EXPECT_EQ(recorder.FileBirth(file.st_dev, file.st_ino).window, 1u);
  recorder.AdvanceWindow();
  EXPECT_TRUE(recorder.FileWriteIsNews(fd));
  recorder.PathTouched(Guard(), AT_FDCWD, path);
  EXPECT_EQ(recorder.FileBirth(file.st_dev, file.st_ino).window, 2u);
  close(fd);
  unlink(path);
}

TEST_F(RecorderTest, WithoutStacksEverythingSharesOneSite) {
  recorder.Reset();
  options_.stacks = StackMode::kOff;
  ASSERT_TRUE(recorder.Open(options_, 5));
  Bear(Block(1), 100);
  EXPECT_EQ(recorder.BlockGone(Guard(), Block(1)).site, StackTable::kNoStack);
}

TEST_F(RecorderTest, WindowsAreCounted) {
  EXPECT_EQ(recorder.window(), 1u);
  EXPECT_EQ(recorder.AdvanceWindow(), 1u);
  EXPECT_EQ(recorder.window(), 2u);
}

}  // namespace
}  // namespace cleanslate
