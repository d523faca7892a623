#include "analysis/descriptor_rules.h"

#include <string>

#include "analysis/judge.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simulated_process.h"

namespace cleanslate {
namespace {

using testing::SizeIs;

TEST(DescriptorLeak, NamesTheFileThatIsOpenedEachTime) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(100, [&](WindowNumber) { process.OpenFile("/srv/prices2.csv"); }), 5u);
  ASSERT_THAT(process.last, SizeIs(1));
  const Finding& finding = process.last[0];
  EXPECT_EQ(finding.rule, "descriptor-leak");
  EXPECT_EQ(finding.severity, Severity::kWarning);
  EXPECT_EQ(finding.subject, "/srv/prices2.csv");  // always the same: in full
  EXPECT_EQ(finding.message,
            "5 descriptors of /srv/prices2.csv stay open, 1 more in each of the last 4 invocations");
  EXPECT_EQ(finding.count, 5);
  EXPECT_EQ(finding.trend.unit, "descriptors");
  EXPECT_DOUBLE_EQ(finding.trend.per_window, 1);
  EXPECT_EQ(finding.trend.limit, 1024);
  EXPECT_EQ(finding.trend.exhausts_in, 1024 - 5);
}

TEST(DescriptorLeak, NamesTheUsersFunction) {
  SimulatedProcess process;
  process.NameStack(7, "app::Grow()", "bootstrap");
  process.FirstFinding(5, [&](WindowNumber w) { process.OpenFile("/tmp/up-" + std::to_string(w), 7); });
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(
      process.last[0].message,
      "5 descriptors of /tmp/up-* opened by app::Grow stay open, 1 more in each of the last 4 invocations");
  EXPECT_EQ(process.last[0].where.at(0).module, "bootstrap");
}

TEST(DescriptorLeak, FollowsTheStackWhereTheTargetsDiffer) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(
                100, [&](WindowNumber w) { process.OpenFile("/srv/" + std::string(w, 'x') + ".db", 7); }),
            5u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].count, 5);
}

TEST(DescriptorLeak, OneOriginOfAnInterpreterDoesNotBlameAnother) {
  // All opens of an interpreter come through one native stack.
  SimulatedProcess process;
  process.NameStack(7, "_io_FileIO___init__", "python3.11");
  process.FirstFinding(5, [&](WindowNumber w) {
    process.OpenFile("/srv/leaked.csv", 7);
    if (w == 5) process.OpenFile("/srv/lazily-opened.db", 7);
  });
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].subject, "/srv/leaked.csv");
  EXPECT_EQ(process.last[0].count, 5);
  EXPECT_EQ(process.last[0].message,
            "5 descriptors of /srv/leaked.csv stay open, 1 more in each of the last 4 invocations");
}

TEST(DescriptorLeak, IsFoundAtEverySecondAndTenthInvocation) {
  for (const WindowNumber every : {2u, 3u, 10u}) {
    SimulatedProcess process;
    const WindowNumber called = process.FirstFinding(100, [&](WindowNumber w) {
      if (w % every == 0) process.OpenFile("/srv/prices.csv");
    });
    EXPECT_NE(called, 0u);
    EXPECT_LE(called, 40u) << every;
  }
}

TEST(DescriptorLeak, CleanTwinsAreSilent) {
  SimulatedProcess reopened;
  int last = -1;
  EXPECT_EQ(reopened.FirstFinding(1000,
                                  [&](WindowNumber) {
                                    if (last >= 0) reopened.Close(last);
                                    last = reopened.OpenFile("/srv/prices.csv", 7);
                                  }),
            0u);
  SimulatedProcess closed;
  EXPECT_EQ(closed.FirstFinding(1000, [&](WindowNumber) { closed.Close(closed.OpenFile("/srv/a")); }), 0u);
  SimulatedProcess pool;
  EXPECT_EQ(pool.FirstFinding(1000,
                              [&](WindowNumber w) {
                                if (w <= 4) pool.OpenFile("/srv/a", 7);
                              }),
            0u);
  SimulatedProcess several;  // opened once each, as they are first needed
  EXPECT_EQ(several.FirstFinding(1000,
                                 [&](WindowNumber w) {
                                   if (w == 2 || w == 3 || w == 5)
                                     several.OpenFile("/srv/x" + std::string(w, 'y'), 7);
                                 }),
            0u);
}

TEST(ConnectionLeak, NamesThePeer) {
  SimulatedProcess process;
  EXPECT_EQ(process.FirstFinding(100, [&](WindowNumber) { process.Connect("tcp 10.0.0.7:5432"); }), 5u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].rule, "connection-leak");
  EXPECT_EQ(process.last[0].subject, "tcp 10.0.0.7:5432");
  EXPECT_EQ(process.last[0].message,
            "5 connections to tcp 10.0.0.7:5432 stay open, 1 more in each of the last 4 invocations");
}

TEST(ConnectionLeak, SeesThroughAServiceOfManyAddresses) {
  SimulatedProcess process;
  process.NameStack(7, "connect_one", "libhttp.so");
  EXPECT_EQ(
      process.FirstFinding(
          100, [&](WindowNumber w) { process.Connect("tcp 52.216.0." + std::to_string(w) + ":443", 7); }),
      5u);
  ASSERT_THAT(process.last, SizeIs(1));
  EXPECT_EQ(process.last[0].count, 5);
}

TEST(ConnectionLeak, SeveralAWindowAreMeasured) {
  SimulatedProcess process;
  process.FirstFinding(5, [&](WindowNumber w) {
    for (WindowNumber i = 0; i < 2 + w % 2; ++i) process.Connect("tcp 10.0.0.7:5432");
  });
  ASSERT_THAT(process.last, SizeIs(2));  // and that the limit approaches
  EXPECT_EQ(process.last[0].count, 13);
  EXPECT_THAT(process.last[0].message, testing::HasSubstr("2 to 3 more in each of the last 4 invocations"));
  EXPECT_DOUBLE_EQ(process.last[0].trend.per_window, 2.5);
}

TEST(ConnectionLeak, KeepAliveAndTheRuntimesOwnAreSilent) {
  SimulatedProcess process;
  int kept = -1;
  EXPECT_EQ(process.FirstFinding(1000,
                                 [&](WindowNumber w) {
                                   if (w % 7 == 1) {
                                     if (kept >= 0) process.Close(kept);
                                     kept = process.Connect("tcp 10.0.0.7:443", 7);
                                   }
                                   Descriptor api;
                                   api.kind = DescriptorKind::kSocket;
                                   api.peer = "tcp 127.0.0.1:9001";
                                   api.runtime_api = true;
                                   process.Open(api);
                                 }),
            0u);
}

TEST(ConnectionLeak, APoolThatBreathesIsSilent) {
  SimulatedProcess process;
  std::vector<int> pool;
  EXPECT_EQ(process.FirstFinding(1000,
                                 [&](WindowNumber w) {
                                   const std::size_t wanted = 3 + (w * 2654435761u >> 13) % 4;
                                   while (pool.size() < wanted)
                                     pool.push_back(process.Connect("tcp 10.0.0.7:443", 7));
                                   for (; pool.size() > wanted; pool.pop_back()) process.Close(pool.back());
                                 }),
            0u);
}

}  // namespace
}  // namespace cleanslate
