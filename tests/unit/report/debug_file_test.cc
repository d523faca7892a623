#include "report/debug_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "source_lines_fixture.h"

namespace cleanslate {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kSource = "/tests/unit/report/source_lines_victim.cc";

class DebugFileTest : public SourceLinesTest {
 protected:
  static Frames FramesIn(const std::string& path, std::uint64_t address) {
    absl::StatusOr<DebugFile> file = DebugFile::Open(path);
    EXPECT_TRUE(file.ok()) << path;
    return file.ok() ? file->FramesAt(address) : Frames{};
  }
};

TEST_F(DebugFileTest, AnAddressIsAFunctionAFileAndALine) {
  const VictimCall call = CallIn("victim_plain");
  const Frames frames = FramesIn(VICTIM_FULL, call.frame.offset);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "victim_plain");
  EXPECT_THAT(frames[0].file, StartsWith("/"));
  EXPECT_THAT(frames[0].file, EndsWith(kSource));
  EXPECT_EQ(frames[0].line, call.line);
}

TEST_F(DebugFileTest, AFunctionThatIsNotExportedHasItsScopes) {
  const VictimCall call = CallIn("victim_static");
  const Frames frames = FramesIn(VICTIM_FULL, call.frame.offset);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "shop::(anonymous namespace)::Restock");
  EXPECT_EQ(frames[0].line, call.line);
}

TEST_F(DebugFileTest, AnInlinedCallIsTheInnermostFrame) {
  const VictimCall call = CallIn("victim_inlined");
  ASSERT_NE(call.line, call.outer_line);
  const Frames frames = FramesIn(VICTIM_FULL, call.frame.offset);
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].function, "shop::Cart<int>::Add");
  EXPECT_THAT(frames[0].file, EndsWith(kSource));
  EXPECT_EQ(frames[0].line, call.line);
  EXPECT_EQ(frames[1].function, "victim_inlined");
  EXPECT_THAT(frames[1].file, EndsWith(kSource));
  EXPECT_EQ(frames[1].line, call.outer_line);
}

TEST_F(DebugFileTest, WhatWasSplitOffAndWhatWasCompressedSayTheSame) {
  for (const char* function : {"victim_plain", "victim_static", "victim_inlined"}) {
    const VictimCall call = CallIn(function);
    const Frames full = FramesIn(VICTIM_FULL, call.frame.offset);
    for (const char* path : {VICTIM_DEBUG, VICTIM_COMPRESSED}) {
      const Frames frames = FramesIn(path, call.frame.offset);
      ASSERT_EQ(frames.size(), full.size()) << path;
      EXPECT_EQ(frames[0].function, full[0].function) << path;
      EXPECT_EQ(frames[0].file, full[0].file) << path;
      EXPECT_EQ(frames[0].line, full[0].line) << path;
    }
  }
}

TEST_F(DebugFileTest, ASymbolTableAloneGivesTheName) {
  const VictimCall call = CallIn("victim_static");
  absl::StatusOr<DebugFile> file = DebugFile::Open(VICTIM_FUNCTIONS);
  ASSERT_TRUE(file.ok());
  EXPECT_FALSE(file->has_lines());
  const Frames frames = file->FramesAt(call.frame.offset);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "shop::(anonymous namespace)::Restock");
  EXPECT_EQ(frames[0].line, 0);
  EXPECT_THAT(FramesIn(VICTIM_STRIPPED, call.frame.offset), IsEmpty());
}

TEST_F(DebugFileTest, AnAddressOutsideOfAnyCodeIsNothing) {
  absl::StatusOr<DebugFile> file = DebugFile::Open(VICTIM_FULL);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->has_lines());
  for (const std::uint64_t address :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40, UINT64_MAX}) {
    EXPECT_THAT(file->FramesAt(address), IsEmpty()) << address;
  }
}

TEST_F(DebugFileTest, AProgramAtAFixedAddressHasItsLines) {
  FILE* program = popen(FIXED_PROGRAM, "r");
  ASSERT_NE(program, nullptr);
  unsigned long long address = 0;
  int line = 0;
  const int read = std::fscanf(program, "%llx %d", &address, &line);
  EXPECT_EQ(pclose(program), 0);
  ASSERT_EQ(read, 2);
  const Frames frames = FramesIn(FIXED_PROGRAM, address);
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames[0].function, "(anonymous namespace)::CallNote");
  EXPECT_EQ(frames[0].line, line);
}

TEST_F(DebugFileTest, WhatIsNoElfFileIsAnError) {
  EXPECT_THAT(DebugFile::Open(folder_ + "/missing").status().message(), HasSubstr("No such file"));
  for (const std::string& path :
       {folder_, Write("text", "not ELF"), Write("empty", ""), std::string("/dev/zero")}) {
    EXPECT_THAT(DebugFile::Open(path).status().message(), HasSubstr("not an ELF file")) << path;
  }
}

}  // namespace
}  // namespace cleanslate
