#include "report/make_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace cleanslate {
namespace {

using ::testing::ElementsAre;

StackId Stack(std::uint32_t id) {
  return static_cast<StackId>(id);
}

Frames Named(StackId stack) {
  Frame frame;
  frame.function = "function" + std::to_string(static_cast<std::uint32_t>(stack));
  return {frame};
}

HeapSite Site(std::uint32_t stack, std::int64_t blocks, std::int64_t bytes) {
  return {Stack(stack), blocks, bytes, blocks, bytes};
}

TEST(MakeReport, ListsTheLargestSitesFirstAndCountsTheRest) {
  Survivors survivors;
  for (std::uint32_t i = 1; i <= 50; ++i) survivors.heap.push_back(Site(i, 1, i * 10));
  survivors.heap.push_back(Site(60, 0, 0));  // nothing of it survived
  Snapshot now;
  now.heap.survived_blocks = 50;
  now.heap.survived_bytes = 12750;
  int named = 0;
  const StackNamer namer = [&named](StackId stack) {
    ++named;
    return Named(stack);
  };
  const Report report = MakeReport({}, survivors, now, {}, namer, {}, {}, 3);
  ASSERT_EQ(report.survived.heap.sites.size(), 3u);
  EXPECT_EQ(report.survived.heap.sites[0].bytes, 500);
  EXPECT_EQ(report.survived.heap.sites[0].where[0].function, "function50");
  EXPECT_EQ(report.survived.heap.sites[2].bytes, 480);
  EXPECT_EQ(report.survived.heap.bytes, 12750);
  EXPECT_EQ(report.left_out.at("heap.sites"), 47);
  EXPECT_EQ(named, 3);
}

TEST(MakeReport, CountsAllDescriptorsAndFilesThoughItListsSome) {
  Survivors survivors;
  survivors.descriptors.resize(10);
  survivors.files.resize(7);
  const Report report = MakeReport({}, survivors, {}, {}, Named, {}, {}, 4);
  EXPECT_EQ(report.survived.descriptors.size(), 4u);
  EXPECT_EQ(CountDescriptors(report), 10);
  EXPECT_EQ(CountFiles(report), 7);
}

TEST(MakeReport, SaysWhatADescriptorAndAFileAre) {
  Survivors survivors;
  Descriptor socket;
  socket.fd = 9;
  socket.kind = DescriptorKind::kSocket;
  socket.target = "socket:[7]";
  socket.local = "tcp 127.0.0.1:41000";
  socket.peer = "tcp 10.0.0.1:443";
  socket.state = "ESTABLISHED";
  socket.stack = Stack(4);
  survivors.descriptors = {socket};
  ChangedFile file;
  file.file.path = "/tmp/a";
  file.file.bytes = 12;
  file.change = FileChange::kGrown;
  file.bytes_before = 2;
  ChangedFile folder;
  folder.file.type = FileType::kDirectory;
  survivors.files = {file, folder};
  const Report report = MakeReport({}, survivors, {}, {}, Named, {});
  const SurvivingDescriptor& descriptor = report.survived.descriptors[0];
  EXPECT_EQ(descriptor.kind, "socket");
  EXPECT_EQ(descriptor.peer, "tcp 10.0.0.1:443");
  EXPECT_EQ(descriptor.where[0].function, "function4");
  EXPECT_EQ(report.survived.files[0].change, "grown");
  EXPECT_EQ(report.survived.files[0].type, "");
  EXPECT_EQ(report.survived.files[0].bytes_before, 2);
  EXPECT_TRUE(report.survived.files[0].where.empty());  // nobody saw the birth
  EXPECT_EQ(report.survived.files[1].type, "directory");
}

TEST(MakeReport, TakesTheTotalsFromTheSnapshot) {
  Snapshot now;
  now.heap.live_bytes = 100;
  now.heap.live_blocks = 3;
  now.descriptors.open.resize(5);
  now.descriptors.left_out = 2;
  now.files.names = 2;
  now.files.bytes = 77;
  now.files.left_out = 1;
  now.process.threads = 4;
  now.process.rss_bytes = 4096;
  const Report report = MakeReport({}, {}, now, {}, {}, {9, 10});
  EXPECT_EQ(report.live.heap_bytes, 100);
  EXPECT_EQ(report.live.descriptors, 5);
  EXPECT_EQ(report.live.tmp_files, 2);
  EXPECT_EQ(report.live.tmp_bytes, 77);
  EXPECT_EQ(report.live.threads, 4);
  EXPECT_EQ(report.cost.tracking_bytes, 10);
  EXPECT_THAT(report.left_out, ElementsAre(std::pair("live.descriptors", 2), std::pair("live.folders", 1)));
}

TEST(MakeReport, DropsFromAFrameWhatOnlyServesToFindItsLine) {
  Finding finding;
  finding.where = {{"f", "a.c", 3, "lib.so", "ff", 16}, {"g", "", 0, "lib.so", "ff", 32}};
  finding.trend.per_window = 1.0 / 3;
  const Report report = MakeReport({}, {}, {}, {finding}, {}, {});
  EXPECT_EQ(report.findings[0].where[0].build_id, "");
  EXPECT_EQ(report.findings[0].where[0].offset, 0u);
  EXPECT_EQ(report.findings[0].where[1].build_id, "ff");
  EXPECT_EQ(report.findings[0].where[1].offset, 32u);
  EXPECT_DOUBLE_EQ(report.findings[0].trend.per_window, 0.333);
}

TEST(MakeReport, CarriesTheFacts) {
  WindowFacts facts;
  facts.type = ReportType::kQuiet;
  facts.timestamp_ms = 5;
  facts.environment = "e";
  facts.pid = 3;
  facts.runtime = "node22";
  facts.function = {"f", "1", 128};
  facts.window = {2, 3, {"a", "b"}, true, true, 1.23456};
  facts.reason = "why";
  const Report report = MakeReport(facts, {}, {}, {}, {}, {});
  EXPECT_EQ(report.type, ReportType::kQuiet);
  EXPECT_EQ(report.environment, "e");
  EXPECT_EQ(report.function.name, "f");
  EXPECT_THAT(report.window.request_ids, ElementsAre("a", "b"));
  EXPECT_DOUBLE_EQ(report.window.duration_ms, 1.235);
  EXPECT_EQ(report.reason, "why");
}

}  // namespace
}  // namespace cleanslate
