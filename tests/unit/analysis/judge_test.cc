#include "analysis/judge.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulated_process.h"

namespace cleanslate {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr JudgeOptions kWarningsOnly = {.least = Severity::kWarning};

// Everything at once that a healthy function does.
TEST(Judge, IsSilentOnAHealthyFunctionForAThousandInvocations) {
  SimulatedProcess process(kWarningsOnly);
  int connection = 0;
  const auto act = [&](WindowNumber w) {
    if (w == 1) {
      for (std::uint32_t stack = 1; stack <= 500; ++stack) process.Allocate(stack, 10, 1000);
      process.OpenFile("/var/task/config.json");
      process.Write("/tmp/cache.db", 4096);
    }
    if (w == 3) process.Allocate(501, 4000, 400000);  // a lazy import
    if (w > 1) process.Free(7, 1, 100);               // the last answer, replaced
    process.Allocate(7, 1, 100);
    if (w <= 4) process.OpenFile("/var/task/part-" + std::to_string(w));  // a pool of four
    if (connection != 0 && w % 5 == 0) process.Close(connection);
    if (w % 5 == 0) connection = process.Connect("tcp 10.0.0.7:5432");  // closed by the peer, opened again
    process.Write("/tmp/last.json", 100 + w * 7919 % 400);              // under the same name
    process.Write("/tmp/work-" + std::to_string(w), 10);
    process.Delete("/tmp/work-" + std::to_string(w));
  };
  EXPECT_EQ(process.FirstFinding(1000, act), 0u) << (process.last.empty() ? "" : process.last[0].message);
  EXPECT_EQ(process.asked, 0) << "nothing was reported, so no name was needed";
}

TEST(Judge, CallsALeakByTheFifthInvocation) {
  SimulatedProcess process;
  process.NameStack(9, "grow", "libleak.so");
  EXPECT_EQ(process.FirstFinding(100, [&](WindowNumber) { process.Allocate(9, 1, 16); }), 5u);
  ASSERT_THAT(process.last, SizeIs(1));
  const Finding& finding = process.last[0];
  EXPECT_EQ(finding.rule, "heap-growth");
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.subject, "grow");
  EXPECT_EQ(finding.message,
            "5 blocks (80 bytes) allocated by grow stay, 1 more in each of the last 4 invocations");
  EXPECT_EQ(finding.count, 5);
  EXPECT_EQ(finding.bytes, 80);
  EXPECT_EQ(finding.where.at(0).function, "grow");
  EXPECT_EQ(finding.first_seen, 2u);
  EXPECT_EQ(finding.age, 4);
  EXPECT_EQ(finding.trend.pattern, Pattern::kGrowing);
  EXPECT_EQ(finding.trend.windows, 5);
  EXPECT_EQ(finding.trend.grew, 4);
  EXPECT_DOUBLE_EQ(finding.trend.per_window, 16);
  EXPECT_EQ(finding.trend.unit, "bytes");
  EXPECT_FALSE(finding.trend.limit.has_value());
}

TEST(Judge, SaysWhenMemoryRunsOut) {
  JudgeOptions options = kWarningsOnly;
  options.memory_limit_bytes = 1000;
  SimulatedProcess process(options);
  process.FirstFinding(5, [&](WindowNumber) { process.Allocate(9, 1, 100); });
  ASSERT_THAT(process.last, SizeIs(2));
  EXPECT_EQ(process.last[0].rule, "limit-approaching");
  EXPECT_EQ(process.last[0].severity, Severity::kCritical);
  EXPECT_EQ(process.last[0].subject, "memory");
  for (const Finding& finding : process.last) {
    EXPECT_EQ(finding.trend.limit, 1000);
    EXPECT_EQ(finding.trend.exhausts_in, 10);  // nothing is resident in this process
  }
}

TEST(Judge, FilesThatAreMappedTakeNoMemory) {
  JudgeOptions options = kWarningsOnly;
  options.memory_limit_bytes = 1 << 20;
  SimulatedProcess process(options);
  process.FirstFinding(5, [&](WindowNumber) { process.MapFile(9, 100'000); });
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].rule, "mapping-growth");
  EXPECT_FALSE(process.last[0].trend.limit.has_value());
}

TEST(Judge, OneCauseIsOneFinding) {
  SimulatedProcess process(kWarningsOnly);
  for (std::uint32_t stack = 10; stack < 40; ++stack) process.NameStack(stack, "Cart::Add(int)", "bootstrap");
  process.NameStack(50, "Log", "bootstrap");
  process.FirstFinding(5, [&](WindowNumber) {
    for (std::uint32_t stack = 10; stack < 40; ++stack) process.Allocate(stack, 2, 64);
    process.Allocate(50, 1, 8);
  });
  ASSERT_THAT(process.last, SizeIs(2));
  EXPECT_EQ(process.last[0].subject, "Cart::Add");
  EXPECT_EQ(process.last[0].count, 30 * 2 * 5);
  EXPECT_EQ(process.last[0].bytes, 30 * 64 * 5);
  EXPECT_DOUBLE_EQ(process.last[0].trend.per_window, 30 * 64);
  EXPECT_EQ(process.last[1].subject, "Log");
  EXPECT_NE(process.last[0].fingerprint, process.last[1].fingerprint);
}

// Requests of several kinds reach the same mistake by several ways.
TEST(Judge, CallsALeakThatTakesAnotherWayEachTime) {
  SimulatedProcess process(kWarningsOnly);
  for (const std::uint32_t stack : {10u, 11u, 12u}) process.NameStack(stack, "Cart::Add(int)", "bootstrap");
  EXPECT_EQ(process.FirstFinding(100, [&](WindowNumber w) { process.Allocate(10 + w % 3, 2, 64); }), 5u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].subject, "Cart::Add");
  EXPECT_EQ(process.last[0].count, 10);
  EXPECT_EQ(process.last[0].bytes, 5 * 64);
  EXPECT_EQ(process.last[0].message,
            "10 blocks (320 bytes) allocated by Cart::Add stay, 2 more in each of the last 4 invocations");
  const std::int64_t asked = process.asked;
  EXPECT_EQ(process.FirstFinding(3, [&](WindowNumber w) { process.Allocate(10 + w % 3, 2, 64); }), 6u);
  EXPECT_LE(process.asked, asked + 2) << "only the representative is named again";
}

TEST(Judge, DoesNotBlameOneFunctionForWhatSeveralSetUpLater) {
  SimulatedProcess process(kWarningsOnly);
  for (std::uint32_t stack = 2; stack <= 9; ++stack) {
    process.NameStack(stack, "Setup" + std::to_string(stack), "bootstrap");
    process.NameStack(100 + stack, "_PyObject_Malloc", "python3.11");  // everybody's
  }
  process.NameStack(50, "Once", "bootstrap");
  process.NameStack(51, "Once", "bootstrap");
  EXPECT_EQ(process.FirstFinding(1000,
                                 [&](WindowNumber w) {
                                   if (w >= 2 && w <= 9) process.Allocate(w, 1, 64);
                                   if (w >= 2 && w <= 9) process.Allocate(100 + w, 1, 64);
                                   if (w == 2 || w == 4) process.Allocate(48 + w / 2 + 1, 1, 64);
                                 }),
            0u);
}

TEST(Judge, TellsOfBlocksThatSurviveWithoutGrowthAsInformation) {
  SimulatedProcess process;
  process.NameStack(9, "Load", "bootstrap");
  process.Allocate(9, 3, 300);
  std::vector<Finding> findings = process.EndWindow();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "heap-retained");
  EXPECT_EQ(findings[0].severity, Severity::kInfo);
  EXPECT_EQ(findings[0].trend.pattern, Pattern::kNew);
  process.Free(9, 3, 300);
  process.Allocate(9, 3, 300);
  findings = process.EndWindow();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].trend.pattern, Pattern::kReplaced);
  EXPECT_THAT(process.EndWindow(), IsEmpty());
}

TEST(Judge, NamesOnlyWhatItReports) {
  JudgeOptions options;
  options.max_findings = 2;
  SimulatedProcess process(options);
  for (std::uint32_t stack = 1; stack <= 1000; ++stack) {
    process.NameStack(stack, "f" + std::to_string(stack), "bootstrap");
    process.Allocate(stack, 1, stack);
  }
  const std::vector<Finding> findings = process.EndWindow();
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].subject, "f1000");  // the largest
  EXPECT_EQ(findings[1].subject, "f999");
  EXPECT_LE(process.asked, 8);
  EXPECT_EQ(process.judge.LeftOut(), 998);
}

TEST(Judge, KeepsOutWhatIsSuppressed) {
  SimulatedProcess process(kWarningsOnly, Suppressions::Parse("heap-growth:grow\ntmp-growth:/nowhere\n", {}));
  process.NameStack(9, "grow", "libleak.so");
  EXPECT_EQ(process.FirstFinding(10, [&](WindowNumber) { process.Allocate(9, 1, 16); }), 0u);
  EXPECT_EQ(process.judge.Suppressed(), (SetAside{{"heap-growth:grow", 1}}));
  EXPECT_THAT(process.judge.Known(), IsEmpty());
  EXPECT_THAT(process.judge.UsedSuppressions().Unused(), SizeIs(1));
}

TEST(Judge, OrdersBySeverityThenSize) {
  SimulatedProcess process;
  for (std::uint32_t stack : {9u, 8u, 7u}) process.NameStack(stack, "f" + std::to_string(stack), "bootstrap");
  process.FirstFinding(5, [&](WindowNumber w) {
    process.Allocate(9, 1, 16);
    process.Allocate(8, 1, 32);
    if (w == 5) process.Allocate(7, 1, 1 << 20);
  });
  ASSERT_THAT(process.last, SizeIs(3));
  EXPECT_EQ(process.last[0].subject, "f8");
  EXPECT_EQ(process.last[1].subject, "f9");
  EXPECT_EQ(process.last[2].subject, "f7");
}

TEST(Judge, EqualHistoriesGiveEqualFindings) {
  const auto run = [] {
    SimulatedProcess process;
    std::string all;
    process.FirstFinding(
        30,
        [&](WindowNumber w) {
          for (std::uint32_t stack = 1; stack < 60; ++stack) process.Allocate(stack, 1, stack % 7);
          for (int i = 0; i < 5; ++i) process.Connect("tcp 10.0.0." + std::to_string(w * 5 + i) + ":443", 3);
          process.Write("/tmp/a-" + std::to_string(w), 1);
          process.Write("/tmp/word" + std::string(w, 'x') + ".json", 1);
        },
        Severity::kCritical);
    for (const Finding& finding : process.last) all += finding.fingerprint + finding.message + "\n";
    return all;
  };
  const std::string first = run();
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, run());
}

// A block in each window; where `collects` says so, all but the last are dropped.
WindowNumber FindingOfGarbage(const std::function<bool(WindowNumber)>& collects) {
  SimulatedProcess process(kWarningsOnly);
  process.NameStack(9, "v8::internal::Heap::Grow()", "node");
  std::int64_t garbage = 0;
  return process.FirstFinding(1000, [&](WindowNumber w) {
    process.Allocate(9, 1, 4096);
    ++garbage;
    if (!collects(w)) return;
    process.Free(9, garbage - 1, (garbage - 1) * 4096);
    garbage = 1;
  });
}

// V8, the JVM and their like gather garbage over many invocations and then drop it.
TEST(Judge, IsPatientWithGarbageCollectors) {
  EXPECT_EQ(FindingOfGarbage([](WindowNumber w) { return w % 40 == 0; }), 0u);
}

// A small function's garbage is dropped late, and later each time.
TEST(Judge, IsPatientWithGarbageCollectorsWhoseHeapGrows) {
  const std::set<WindowNumber> collections = {12, 24, 36, 72, 352};
  EXPECT_EQ(FindingOfGarbage([&](WindowNumber w) { return collections.contains(w); }), 0u);
}

TEST(Judge, FindsALeakThatNoGarbageCollectorWouldLetGrowSoLarge) {
  SimulatedProcess process(kWarningsOnly);
  process.NameStack(9, "node::NodeArrayBufferAllocator::Allocate", "node");
  EXPECT_EQ(process.FirstFinding(1000, [&](WindowNumber) { process.Allocate(9, 1, 1 << 19); }), 128u);
}

TEST(Judge, FindsALeakBehindAGarbageCollector) {
  SimulatedProcess process(kWarningsOnly);
  process.NameStack(9, "v8::internal::Heap::Grow()", "node");
  std::int64_t garbage = 0;
  const auto act = [&](WindowNumber w) {
    process.Allocate(9, 2, 8192);  // one of them stays for good
    ++garbage;
    if (w % 10 != 0) return;
    process.Free(9, garbage, garbage * 4096);
    garbage = 0;
  };
  const WindowNumber called = process.FirstFinding(1000, act);
  EXPECT_NE(called, 0u);
  EXPECT_LE(called, 300u);
}

TEST(Judge, AUsersNativeLeakBelowACollectorIsCalledInTime) {
  SimulatedProcess process(kWarningsOnly);
  process.NameStack(9, "Leak", "addon.node");
  EXPECT_EQ(process.FirstFinding(10, [&](WindowNumber) { process.Allocate(9, 1, 16); }), 5u);
}

TEST(Judge, ForgetsTheLeastInterestingWhenThereAreTooMany) {
  JudgeOptions options = kWarningsOnly;
  options.max_origins = 64;
  SimulatedProcess process(options);
  process.NameStack(9, "grow", "libleak.so");
  // A leak in every window among a crowd of stacks that are never seen again.
  const WindowNumber called = process.FirstFinding(20, [&](WindowNumber w) {
    process.Allocate(9, 1, 1 << 20);
    for (std::uint32_t i = 0; i < 200; ++i) process.Allocate(w * 1000 + i, 1, 10);
  });
  EXPECT_EQ(called, 5u);
  EXPECT_GT(process.judge.Forgotten(), 0);
}

TEST(Judge, MappingsGrowTooAndAreNotTakenForHeap) {
  Judge judge{Suppressions()};
  std::vector<Finding> findings;
  Snapshot before;
  for (WindowNumber window = 1; window <= 5; ++window) {
    Snapshot now;
    now.window = window;
    now.mappings.sites = {{StackId{4}, 1, 65536, window, 65536 * std::int64_t{window}}};
    findings = judge.Observe(Diff(before, now), now, [](StackId) { return Frames(); });
    EXPECT_EQ(findings.empty(), window < 5) << window;
    before = now;
  }
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "mapping-growth");
  EXPECT_EQ(findings[0].subject, "unknown origin");
  EXPECT_EQ(findings[0].bytes, 5 * 65536);
}

TEST(Judge, WorksWithoutANamer) {
  Judge judge{Suppressions()};
  Snapshot now;
  now.window = 1;
  now.heap.sites = {{StackId{4}, 1, 10, 1, 10}};
  EXPECT_THAT(judge.Observe(Diff({}, now), now, StackNamer()), SizeIs(1));
}

// Small blocks of a language's own allocator grow, and no variable does: lines are asked for, and told.
TEST(Judge, AsksForTheLinesOfSmallObjects) {
  Judge judge({}, kWarningsOnly);
  WindowNumber asked = 0;
  std::vector<Finding> findings;
  for (WindowNumber window = 0; window <= 11; ++window) {
    Snapshot now;
    now.window = window;
    Survivors survivors;
    survivors.window = window;
    survivors.lines.small_blocks = 1000 + 2 * static_cast<std::int64_t>(window);
    survivors.lines.watching = asked != 0 && window < 11;
    if (window == 11) {
      survivors.lines.looked = true;
      survivors.lines.since = 7;
      survivors.lines.lines = {{"app.py", 12, "remember", true, {2, 2, 2}, {128, 128, 128}}};
    }
    findings = judge.Observe(survivors, now, [](StackId) { return Frames(); });
    EXPECT_EQ(findings.size(), window < 11 ? 0u : 1u) << window;
    if (asked == 0 && judge.WantsLines()) asked = window;
  }
  EXPECT_EQ(asked, 5u);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].rule, "heap-growth");
  EXPECT_EQ(findings[0].subject, "remember");
  EXPECT_EQ(
      findings[0].message,
      "small Python objects born at app.py:12 stay, 2 (128 bytes) more, in each of the last 3 invocations");
  ASSERT_THAT(findings[0].where, SizeIs(1));
  EXPECT_EQ(findings[0].where[0].file, "app.py");
  EXPECT_EQ(findings[0].where[0].line, 12);
  EXPECT_EQ(findings[0].trend.pattern, Pattern::kGrowing);
  EXPECT_EQ(findings[0].trend.per_window, 128);
}

}  // namespace
}  // namespace cleanslate
