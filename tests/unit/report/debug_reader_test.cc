#include "report/debug_reader.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "report/debug_file.h"
#include "source_lines_fixture.h"

namespace cleanslate {
namespace {

class DebugReaderTest : public SourceLinesTest {
 protected:
  // All that there is, whatever it is.
  void ReadTorn(const std::string& bytes, std::uint64_t near) {
    DebugReader reader(Write("torn", bytes));
    for (std::uint64_t address = near - 64; address < near + 64; address += 5) {
      EXPECT_LT(reader.FramesAt(address).size(), 1000u);
    }
  }
};

TEST_F(DebugReaderTest, SaysWhatTheFileSays) {
  DebugReader reader(VICTIM_DEBUG);
  EXPECT_TRUE(reader.has_lines());
  absl::StatusOr<DebugFile> file = DebugFile::Open(VICTIM_DEBUG);
  ASSERT_TRUE(file.ok());
  for (const char* function : {"victim_plain", "victim_static", "victim_inlined"}) {
    const std::uint64_t address = CallIn(function).frame.offset;
    const Frames expected = file->FramesAt(address);
    const Frames frames = reader.FramesAt(address);
    ASSERT_EQ(frames.size(), expected.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].function, expected[i].function);
      EXPECT_EQ(frames[i].file, expected[i].file);
      EXPECT_EQ(frames[i].line, expected[i].line);
    }
  }
  EXPECT_TRUE(reader.FramesAt(1).empty());
  EXPECT_FALSE(DebugReader(VICTIM_FUNCTIONS).has_lines());
}

TEST_F(DebugReaderTest, AFileThatCanNotBeReadHasNothing) {
  for (const std::string& path : {folder_ + "/missing", Write("text", "not ELF")}) {
    DebugReader reader(path);
    EXPECT_FALSE(reader.has_lines());
    EXPECT_TRUE(reader.FramesAt(0x1000).empty());
    EXPECT_TRUE(reader.FramesAt(0x1000).empty());
  }
}

TEST_F(DebugReaderTest, WhenItsProcessDiesTheCommandGoesOn) {
  const std::uint64_t address = CallIn("victim_plain").frame.offset;
  DebugReader reader(VICTIM_DEBUG);
  ASSERT_FALSE(reader.FramesAt(address).empty());
  ASSERT_GT(reader.pid(), 0);
  ASSERT_EQ(kill(reader.pid(), SIGSEGV), 0);
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(reader.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(reader.FramesAt(address).empty());
  EXPECT_FALSE(reader.has_lines());
  EXPECT_EQ(reader.pid(), -1);
  EXPECT_TRUE(reader.FramesAt(address).empty());
}

TEST_F(DebugReaderTest, ItsProcessEndsWithIt) {
  pid_t pid = -1;
  {
    DebugReader first(VICTIM_DEBUG);
    DebugReader second(VICTIM_DEBUG);
    const DebugReader moved = std::move(first);
    pid = moved.pid();
    ASSERT_GT(pid, 0);
  }
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(DebugReaderTest, AFileCutAnywhereIsReadAsFarAsItGoes) {
  const std::uint64_t near = CallIn("victim_inlined").frame.offset;
  for (const char* path : {VICTIM_DEBUG, VICTIM_COMPRESSED}) {
    const std::string whole = ReadAll(path);
    for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 100) {
      ReadTorn(whole.substr(0, size), near);
    }
  }
}

// Among them abbreviations that make the tree of entries go round in a circle.
TEST_F(DebugReaderTest, DamagedBytesAreHarmless) {
  const std::uint64_t near = CallIn("victim_inlined").frame.offset;
  for (const char* path : {VICTIM_DEBUG, VICTIM_COMPRESSED}) {
    const std::string whole = ReadAll(path);
    std::mt19937 random(1);
    for (int i = 0; i < 400; ++i) {
      std::string torn = whole;
      const std::size_t from = random() % torn.size();
      const std::size_t span = std::min<std::size_t>(torn.size() - from, 2048);
      for (int k = 0; k < 40; ++k) {
        static constexpr std::array<char, 4> kValues = {'\x00', '\x01', '\x7f', '\xff'};
        const std::size_t at = from + random() % span;
        torn[at] = k % 2 == 0 ? static_cast<char>(random()) : kValues[random() % kValues.size()];
      }
      ReadTorn(torn, near);
    }
  }
}

}  // namespace
}  // namespace cleanslate
