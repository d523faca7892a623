#include "analysis/file_rules.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulated_process.h"

namespace cleanslate {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(TmpGrowth, CountsFilesOfOnePattern) {
  SimulatedProcess process;
  EXPECT_EQ(
      process.FirstFinding(
          100, [&](WindowNumber w) { process.Write("/tmp/invoice-" + std::to_string(w) + ".txt", 10); }),
      5u);
  ASSERT_THAT(process.last, SizeIs(1));
  const Finding& finding = process.last[0];
  EXPECT_EQ(finding.rule, "tmp-growth");
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.subject, "/tmp/invoice-*.txt");
  EXPECT_EQ(finding.message,
            "5 files (50 bytes) /tmp/invoice-*.txt stay, 1 more in each of the last 4 invocations");
  EXPECT_EQ(finding.count, 5);
  EXPECT_EQ(finding.bytes, 50);
  EXPECT_EQ(finding.trend.unit, "files");
  EXPECT_DOUBLE_EQ(finding.trend.per_window, 1);
}

TEST(TmpGrowth, SeesAFileThatIsAppendedTo) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(100, [&](WindowNumber w) { process.Write("/tmp/app2.log", 100 * w); }), 5u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].rule, "tmp-growth");
  EXPECT_EQ(process.last[0].subject, "/tmp/app2.log");
  EXPECT_EQ(process.last[0].message,
            "/tmp/app2.log grows, 100 bytes more in each of the last 4 invocations, now 500 bytes");
  EXPECT_EQ(process.last[0].trend.unit, "bytes");
  EXPECT_EQ(process.last[0].bytes, 500);
}

TEST(TmpGrowth, ACheckoutEachTimeIsOneFinding) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(100,
                                 [&](WindowNumber w) {
                                   const std::string root = "/tmp/repo-" + std::to_string(w);
                                   process.MakeFolder(root);
                                   process.MakeFolder(root + "/src");
                                   for (const char* name : {"/a.c", "/src/b.c", "/src/c.c"})
                                     process.Write(root + name, 1000);
                                 }),
            5u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].subject, "/tmp/repo-*");
  EXPECT_EQ(process.last[0].count, 25);
  EXPECT_EQ(process.last[0].bytes, 15000);
  EXPECT_THAT(process.last[0].message, HasSubstr("25 files or folders (14.6 KB) /tmp/repo-* stay, 5 more"));
}

TEST(TmpGrowth, SeesNamesWithoutAPattern) {
  SimulatedProcess process;
  const char* const customers[] = {"alice", "bob", "carol", "dave", "erin"};
  EXPECT_EQ(
      process.FirstFinding(
          5, [&](WindowNumber w) { process.Write("/tmp/" + std::string(customers[w - 1]) + ".json", 7); }),
      5u);
  ASSERT_THAT(process.last, SizeIs(2));
  EXPECT_EQ(process.last[0].rule, "tmp-growth");
  EXPECT_EQ(process.last[0].subject, "/tmp/*.json");
  EXPECT_EQ(process.last[0].count, 5);
  EXPECT_EQ(process.last[1].rule, "tmp-residue");
}

TEST(TmpGrowth, TheWatchedFoldersOwnNameIsNoPattern) {
  SimulatedProcess process;
  const std::string root = "/tmp/pytest-12/test0";
  process.RootFilesAt(static_cast<std::uint32_t>(root.size()));
  process.FirstFinding(5, [&](WindowNumber w) {
    process.Write(root + "/invoice-" + std::to_string(w) + ".txt", 10);
    if (w == 1) process.Write(root + "/cache.db", 10);
  });
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].subject, root + "/invoice-*.txt");

  SimulatedProcess elsewhere;
  elsewhere.RootFilesAt(4);
  elsewhere.FirstFinding(
      5, [&](WindowNumber w) { elsewhere.Write("/tmp/invoice-" + std::to_string(w) + ".txt", 10); });
  ASSERT_THAT(elsewhere.last, SizeIs(1));
  EXPECT_EQ(elsewhere.last[0].fingerprint, process.last[0].fingerprint);
}

// /tmp of a developer's machine is full of other people's work.
TEST(TmpGrowth, DoesNotAccuseOfWhatStrangersWrite) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(
                100, [&](WindowNumber w) { process.WriteUnseen("/tmp/cc" + std::to_string(w) + ".s", 10); }),
            0u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].rule, "tmp-residue");  // it is there, so it is told of
  EXPECT_EQ(process.last[0].severity, Severity::kInfo);
}

TEST(TmpGrowth, DoesNotAccuseOfAStrangersFileInAReusedInode) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(100,
                                 [&](WindowNumber w) {
                                   if (w >= 3) process.WriteUnseen("/tmp/build.s", 4096 * w, 2);
                                   if (w >= 3)
                                     process.WriteUnseen("/tmp/cc" + std::to_string(w) + ".s", 10, w - 1);
                                 }),
            0u);
  // Until this process writes to it itself.
  EXPECT_EQ(process.FirstFinding(20, [&](WindowNumber w) { process.Write("/tmp/build.s", 4096 * w); }), 104u);
}

TEST(TmpGrowth, SeesAFileThatWasOpenedLongBeforeItIsAppendedTo) {
  SimulatedProcess process;  // the C library flushes by calls of its own that nobody sees
  EXPECT_EQ(
      process.FirstFinding(100, [&](WindowNumber w) { process.WriteUnseen("/tmp/app.log", 100 * w, 1); }),
      5u);
}

TEST(TmpGrowth, AStrangersFilesDoNotHideOnesOwn) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(100,
                                 [&](WindowNumber w) {
                                   process.Write("/tmp/invoice-" + std::to_string(w), 10);
                                   process.WriteUnseen("/tmp/cc" + std::to_string(w) + ".s", 10);
                                 }),
            5u);
  EXPECT_EQ(process.last[0].subject, "/tmp/invoice-*");
}

TEST(TmpGrowth, CountsWhatAChildMayHaveWritten) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(100,
                                 [&](WindowNumber w) {
                                   process.EndAChild();
                                   process.WriteUnseen("/tmp/frame-" + std::to_string(w) + ".png", 10);
                                 }),
            5u);
  EXPECT_EQ(process.last[0].rule, "tmp-growth");
}

TEST(TmpGrowth, IsFoundAtEveryTenthInvocation) {
  SimulatedProcess process;
  const WindowNumber called = process.FirstFinding(100, [&](WindowNumber w) {
    if (w % 10 == 1) process.Write("/tmp/batch-" + std::to_string(w), 10);
  });
  EXPECT_NE(called, 0u);
  EXPECT_LE(called, 40u);
}

TEST(TmpGrowth, CleanTwinsAreSilent) {
  SimulatedProcess rewritten;
  EXPECT_EQ(rewritten.FirstFinding(
                1000, [&](WindowNumber w) { rewritten.Write("/tmp/last.json", 100 + w * 7919 % 1000); }),
            0u);
  SimulatedProcess renewed;  // the file of the invocation before goes when the new one comes
  EXPECT_EQ(renewed.FirstFinding(1000,
                                 [&](WindowNumber w) {
                                   renewed.Delete("/tmp/part-" + std::to_string(w - 1));
                                   renewed.Write("/tmp/part-" + std::to_string(w), 10);
                                 }),
            0u);
  SimulatedProcess cache;  // of three keys
  EXPECT_EQ(
      cache.FirstFinding(1000, [&](WindowNumber w) { cache.Write("/tmp/key-" + std::to_string(w % 3), 10); }),
      0u);
  SimulatedProcess rotated;
  EXPECT_EQ(rotated.FirstFinding(
                1000, [&](WindowNumber w) { rotated.Write("/tmp/app.log", 100 + 100 * ((w + 5) % 9)); }),
            0u);
  SimulatedProcess cleaned;
  EXPECT_EQ(cleaned.FirstFinding(1000,
                                 [&](WindowNumber w) {
                                   cleaned.Write("/tmp/a-" + std::to_string(w), 10);
                                   cleaned.Delete("/tmp/a-" + std::to_string(w));
                                 }),
            0u);
}

TEST(TmpResidue, IsInformationAboutWhatStays) {
  SimulatedProcess process;
  process.Write("/tmp/cache.db", 10);
  std::vector<Finding> findings = process.EndWindow();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "tmp-residue");
  EXPECT_EQ(findings[0].severity, Severity::kInfo);
  EXPECT_EQ(findings[0].subject, "/tmp/cache.db");
  EXPECT_EQ(findings[0].message, "/tmp/cache.db (10 bytes) is left behind");
  EXPECT_EQ(findings[0].trend.pattern, Pattern::kNew);
  EXPECT_THAT(process.EndWindow(), IsEmpty());
  process.Write("/tmp/cache.db", 10);
  findings = process.EndWindow();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].trend.pattern, Pattern::kReplaced);
  process.Delete("/tmp/cache.db");
  EXPECT_THAT(process.EndWindow(), IsEmpty());
}

}  // namespace
}  // namespace cleanslate
