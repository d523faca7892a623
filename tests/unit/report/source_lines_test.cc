#include "report/source_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sample_reports.h"
#include "source_lines_fixture.h"

namespace cleanslate {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SourceLinesOfReports : public SourceLinesTest {
 protected:
  static SourceLines Open(const std::vector<std::string>& paths) {
    absl::StatusOr<SourceLines> lines = SourceLines::Open(paths);
    EXPECT_TRUE(lines.ok()) << lines.status().message();
    return lines.ok() ? *std::move(lines) : SourceLines();
  }

  static Report With(const Frames& where) {
    Report report = samples::Orders();
    report.findings[0].where = where;
    return report;
  }

  // What becomes of the frames of a finding.
  static Frames Named(SourceLines& lines, const Frames& where) {
    Report report = With(where);
    lines.AddTo(report);
    return report.findings[0].where;
  }

  const VictimCall plain_ = CallIn("victim_plain");
  const VictimCall static_ = CallIn("victim_static");
  const VictimCall inlined_ = CallIn("victim_inlined");
};

TEST_F(SourceLinesOfReports, AStrippedFunctionEndsAtItsLine) {
  ASSERT_EQ(static_.frame.function, "");
  for (const char* file : {VICTIM_FULL, VICTIM_DEBUG, VICTIM_COMPRESSED}) {
    SourceLines lines = Open({file});
    const Frames frames = Named(lines, {static_.frame});
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].function, "shop::(anonymous namespace)::Restock");
    EXPECT_THAT(frames[0].file, EndsWith("/source_lines_victim.cc"));
    EXPECT_EQ(frames[0].line, static_.line);
    EXPECT_EQ(frames[0].module, static_.frame.module);
    EXPECT_EQ(frames[0].build_id, static_.frame.build_id);
    EXPECT_EQ(frames[0].offset, static_.frame.offset);
    EXPECT_THAT(lines.Warnings(), IsEmpty());
  }
}

TEST_F(SourceLinesOfReports, AnInlinedCallBecomesFramesInItsPlace) {
  SourceLines lines = Open({VICTIM_DEBUG});
  const Frame before{"grow", "app.py", 7, "", "", 0};
  const Frame after{"", "", 0, std::string(kCutModule), "", 0};
  const Frames frames = Named(lines, {before, inlined_.frame, after});
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[0].function, "grow");
  EXPECT_EQ(frames[0].line, 7);
  EXPECT_EQ(frames[1].function, "shop::Cart<int>::Add");
  EXPECT_EQ(frames[1].line, inlined_.line);
  EXPECT_EQ(frames[2].function, "victim_inlined");
  EXPECT_EQ(frames[2].line, inlined_.outer_line);
  EXPECT_EQ(frames[1].offset, frames[2].offset);
  EXPECT_EQ(frames[3].module, kCutModule);
}

TEST_F(SourceLinesOfReports, TheNameThatTheReportGaveStaysIfPeopleCanReadIt) {
  SourceLines lines = Open({VICTIM_DEBUG});
  Frame frame = plain_.frame;
  frame.function = "an alias";
  EXPECT_EQ(Named(lines, {frame})[0].function, "an alias");
  frame.function = "_RNvCs1234_4shop3add";
  EXPECT_EQ(Named(lines, {frame})[0].function, "victim_plain");
  EXPECT_EQ(Named(lines, {frame})[0].line, plain_.line);
}

TEST_F(SourceLinesOfReports, EveryStackOfAReportIsNamed) {
  Report report = samples::Everything(2, 0);
  const Frames where = {static_.frame};
  const auto each = [&report](const auto& visit) {
    for (auto& entry : report.findings) visit(entry.where);
    for (auto& entry : report.survived.heap.sites) visit(entry.where);
    for (auto& entry : report.survived.mappings) visit(entry.where);
    for (auto& entry : report.survived.descriptors) visit(entry.where);
    for (auto& entry : report.survived.files) visit(entry.where);
    for (auto& entry : report.survived.threads) visit(entry.where);
    for (auto& entry : report.survived.processes) visit(entry.where);
    for (auto& entry : report.survived.environment) visit(entry.where);
    for (auto& entry : report.survived.process) visit(entry.where);
    for (auto& entry : report.survived.variables) visit(entry.where);
  };
  each([&where](Frames& frames) { frames = where; });
  SourceLines lines = Open({VICTIM_DEBUG});
  lines.AddTo(report);
  int stacks = 0;
  each([&](const Frames& frames) {
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].line, static_.line);
    ++stacks;
  });
  EXPECT_EQ(stacks, 20);
}

TEST_F(SourceLinesOfReports, WithoutPathsNothingChanges) {
  SourceLines lines = Open({});
  const Frames frames = Named(lines, {static_.frame});
  EXPECT_EQ(frames[0].function, "");
  EXPECT_EQ(frames[0].line, 0);
  EXPECT_THAT(lines.Warnings(), IsEmpty());
}

TEST_F(SourceLinesOfReports, AnotherBuildUnderTheSameNameIsSaidOnceAndNotUsed) {
  const std::string path = Copy(VICTIM_DEBUG, "libshop.so.debug");
  SourceLines lines = Open({path});
  Frame frame = static_.frame;
  frame.module = "libshop.so";
  frame.build_id = "00ff17";
  for (int i = 0; i < 3; ++i) {
    frame.offset += static_cast<unsigned>(i);
    EXPECT_EQ(Named(lines, {frame})[0].line, 0);
  }
  EXPECT_THAT(lines.Warnings(),
              ElementsAre("--symbols: " + path + " is of another build of libshop.so: its build id is " +
                          static_.frame.build_id +
                          ", the reports have 00ff17; give the files of the build that ran"));
}

TEST_F(SourceLinesOfReports, AFolderThatHasNothingForTheReportsIsSaidOnce) {
  SourceLines lines = Open({folder_});
  Frames frames;
  for (int i = 0; i < 6; ++i) {
    Frame frame = static_.frame;
    frame.module = "lib" + std::to_string(i) + ".so";
    frame.build_id = std::to_string(i);
    frames.push_back(frame);
  }
  Frame twice = frames[4];
  ++twice.offset;
  frames.push_back(twice);
  frames.push_back(frames[0]);
  EXPECT_EQ(Named(lines, frames).size(), frames.size());
  EXPECT_THAT(
      lines.Warnings(),
      ElementsAre("--symbols: nothing in " + folder_ +
                  " is of a build that ran: 7 frames have no line, of lib4.so (build id 4), lib0.so (build "
                  "id 0), lib1.so (build id 1) and 3 more modules"));
}

TEST_F(SourceLinesOfReports, NothingIsSaidWhereNoFrameWantedALine) {
  SourceLines lines = Open({folder_, VICTIM_DEBUG});
  Report report = samples::Orders();
  lines.AddTo(report);
  EXPECT_THAT(lines.Warnings(), IsEmpty());
}

TEST_F(SourceLinesOfReports, NothingIsSaidOfTheSystemsLibrariesWhenTheFileWasOfUse) {
  SourceLines lines = Open({VICTIM_DEBUG});
  Frame other = static_.frame;
  other.module = "libc.so.6";
  other.build_id = "00ff17";
  Named(lines, {other, static_.frame});
  EXPECT_THAT(lines.Warnings(), IsEmpty());
}

TEST_F(SourceLinesOfReports, AFileOfTheRightBuildWithoutLinesIsSaid) {
  SourceLines stripped = Open({VICTIM_STRIPPED});
  EXPECT_EQ(Named(stripped, {static_.frame})[0].line, 0);
  EXPECT_THAT(stripped.Warnings(),
              ElementsAre(HasSubstr(" has no debug information: give the file as it was")));

  SourceLines functions = Open({VICTIM_FUNCTIONS});
  const Frames frames = Named(functions, {static_.frame});
  EXPECT_EQ(frames[0].function, "shop::(anonymous namespace)::Restock");
  EXPECT_EQ(frames[0].line, 0);
  EXPECT_THAT(functions.Warnings(), ElementsAre(HasSubstr(" names functions but no lines: compile with -g")));
}

TEST_F(SourceLinesOfReports, DamagedDebugInformationIsSaid) {
  std::string bytes = ReadAll(VICTIM_COMPRESSED);
  // What a compressed section begins with (Elf64_Chdr), and zlib's first byte: from now on of no known kind.
  constexpr std::size_t kHeader = 24;
  int damaged = 0;
  for (std::size_t at = 64; at + kHeader < bytes.size(); ++at) {
    if (bytes.compare(at, 8, "\x01\x00\x00\x00\x00\x00\x00\x00", 8) != 0 || bytes[at + kHeader] != '\x78')
      continue;
    bytes[at] = '\x7f';
    ++damaged;
  }
  ASSERT_GT(damaged, 0);
  SourceLines lines = Open({Write("damaged", bytes)});
  EXPECT_EQ(Named(lines, {static_.frame})[0].line, 0);
  EXPECT_THAT(lines.Warnings(),
              ElementsAre(HasSubstr("/damaged can't be read: it is damaged, or compressed")));
}

TEST_F(SourceLinesOfReports, NamesFromReportsMoveNoCursor) {
  SourceLines lines = Open({folder_});
  Frame frame = static_.frame;
  frame.module = "\x1b[2J" + std::string(5000, 'x');
  frame.build_id = "\n";
  Named(lines, {frame});
  EXPECT_THAT(lines.Warnings(),
              ElementsAre(AllOf(
                  HasSubstr("\\x1b[2J"), Not(HasSubstr("\n")), Not(HasSubstr("\x1b")),
                  ::testing::ResultOf([](const std::string& s) { return s.size(); }, ::testing::Lt(600u)))));
}

TEST_F(SourceLinesOfReports, APathThatCanNotBeReadIsAnError) {
  const absl::StatusOr<SourceLines> lines = SourceLines::Open({VICTIM_DEBUG, folder_ + "/missing"});
  EXPECT_EQ(lines.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace cleanslate
