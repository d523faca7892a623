#include "analysis/survivors.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Descriptor File(int fd, std::string target, std::uint64_t inode, WindowNumber born = 0) {
  Descriptor descriptor;
  descriptor.fd = fd;
  descriptor.kind = DescriptorKind::kFile;
  descriptor.target = std::move(target);
  descriptor.device = 1;
  descriptor.inode = inode;
  descriptor.born = born;
  return descriptor;
}

std::vector<int> NewDescriptors(std::vector<Descriptor> before, std::vector<Descriptor> now) {
  Snapshot first, second;
  first.descriptors.open = std::move(before);
  second.descriptors.open = std::move(now);
  std::vector<int> numbers;
  for (const Descriptor& descriptor : Diff(first, second).descriptors) numbers.push_back(descriptor.fd);
  return numbers;
}

TEST(DiffOfDescriptors, FindsWhatIsNew) {
  EXPECT_THAT(NewDescriptors({File(3, "/a", 7)}, {File(3, "/a", 7), File(4, "/a", 7, 1)}), ElementsAre(4));
  EXPECT_THAT(NewDescriptors({File(3, "/a", 7)}, {File(3, "/a", 7)}), IsEmpty());
  EXPECT_THAT(NewDescriptors({File(3, "/a", 7)}, {}), IsEmpty());
}

TEST(DiffOfDescriptors, ANumberThatLeadsElsewhereIsNew) {
  EXPECT_THAT(NewDescriptors({File(3, "/a", 7)}, {File(3, "/b", 8)}), ElementsAre(3));
  EXPECT_THAT(NewDescriptors({File(3, "/a", 7, 1)}, {File(3, "/a", 7, 2)}), ElementsAre(3));  // opened again
  EXPECT_THAT(NewDescriptors({File(3, "/a", 7)}, {File(3, "/b", 7)}), ElementsAre(3));  // the inode reused
}

TEST(DiffOfDescriptors, AnOpenFileThatIsRenamedIsTheSame) {
  EXPECT_THAT(NewDescriptors({File(3, "/log", 7, 1)}, {File(3, "/log.1", 7, 1)}), IsEmpty());
}

TEST(DiffOfDescriptors, TheRuntimesOwnConnectionIsNoSurvivor) {
  Descriptor api = File(5, "socket:[9]", 9, 3);
  api.runtime_api = true;
  EXPECT_THAT(NewDescriptors({}, {api}), IsEmpty());
}

TEST(DiffOfHeap, KeepsSitesWithSurvivorsLargestFirst) {
  Snapshot now;
  now.window = 4;
  const auto site = [](std::uint32_t stack, std::int64_t blocks, std::int64_t bytes) {
    HeapSite made;
    made.stack = static_cast<StackId>(stack);
    made.survived_blocks = blocks;
    made.survived_bytes = bytes;
    return made;
  };
  now.heap.sites = {site(1, 1, 10), site(2, 0, 0), site(3, 1, 0), site(4, 2, 100)};
  const Survivors survivors = Diff({}, now);
  EXPECT_EQ(survivors.window, 4u);
  ASSERT_EQ(survivors.heap.size(), 3u);
  EXPECT_EQ(survivors.heap[0].stack, static_cast<StackId>(4));
  EXPECT_EQ(survivors.heap[1].stack, static_cast<StackId>(1));
  EXPECT_EQ(survivors.heap[2].stack, static_cast<StackId>(3));  // a block of no bytes is a block
}

TEST(DiffOfFiles, IsWhatTheirTakerTold) {
  Snapshot now;
  now.files.changed.resize(2);
  now.files.changed[1].change = FileChange::kDeleted;
  const Survivors survivors = Diff({}, now);
  ASSERT_EQ(survivors.files.size(), 2u);
  EXPECT_EQ(survivors.files[1].change, FileChange::kDeleted);
}

Thread Of(std::int64_t tid, std::uint64_t started = 1, bool asks = false) {
  Thread thread;
  thread.tid = tid;
  thread.started = started;
  thread.asks = asks;
  return thread;
}

std::vector<std::int64_t> NewThreads(std::vector<Thread> before, std::vector<Thread> now) {
  Snapshot first, second;
  first.threads.threads = std::move(before);
  second.threads.threads = std::move(now);
  std::vector<std::int64_t> ids;
  for (const Thread& thread : Diff(first, second).threads) ids.push_back(thread.tid);
  return ids;
}

TEST(DiffOfThreads, KnowsThemByIdAndAge) {
  EXPECT_THAT(NewThreads({Of(1), Of(3)}, {Of(1), Of(2), Of(3)}), testing::ElementsAre(2));
  EXPECT_THAT(NewThreads({Of(1, 1)}, {Of(1, 2)}), testing::ElementsAre(1));  // the id was given out again
  EXPECT_THAT(NewThreads({Of(1), Of(2)}, {Of(2)}), IsEmpty());
}

TEST(DiffOfThreads, WhoAsksForNextIsNoNews) {
  EXPECT_THAT(NewThreads({}, {Of(1, 1, true)}), IsEmpty());
  // The pool's threads take turns in asking.
  EXPECT_THAT(NewThreads({Of(1, 1, true), Of(2)}, {Of(1), Of(2, 1, true)}), IsEmpty());
}

TEST(DiffOfEnvironment, TellsWhatChanged) {
  const auto with = [](std::vector<std::pair<std::string, std::uint64_t>> variables) {
    Snapshot snapshot;
    for (auto& [name, mark] : variables)
      snapshot.environment.variables.push_back({name, mark, 0, StackId::kNone});
    return snapshot;
  };
  const Survivors survivors =
      Diff(with({{"A", 1}, {"B", 1}, {"C", 1}}), with({{"A", 1}, {"B", 2}, {"D", 1}}));
  ASSERT_THAT(survivors.environment, testing::SizeIs(3));
  EXPECT_EQ(survivors.environment[0].variable.name, "B");
  EXPECT_EQ(survivors.environment[0].change, EntryChange::kChanged);
  EXPECT_EQ(survivors.environment[1].variable.name, "C");
  EXPECT_EQ(survivors.environment[1].change, EntryChange::kRemoved);
  EXPECT_EQ(survivors.environment[2].variable.name, "D");
  EXPECT_EQ(survivors.environment[2].change, EntryChange::kAdded);
}

TEST(DiffOfTimers, SetAgainIsNew) {
  Snapshot before, now;
  now.window = 3;
  before.timers = {{"interval timer real", 2, StackId::kNone}};
  now.timers = {{"interval timer real", 2, StackId::kNone}};
  EXPECT_THAT(Diff(before, now).timers, IsEmpty());
  now.timers[0].born = 3;
  EXPECT_THAT(Diff(before, now).timers, testing::SizeIs(1));
}

TEST(DiffOfLibraries, TellsWhatWasLoaded) {
  Snapshot before, now;
  before.libraries = {"/lib/a.so", "/lib/c.so"};
  now.libraries = {"/lib/a.so", "/lib/b.so"};
  EXPECT_THAT(Diff(before, now).libraries, testing::ElementsAre("/lib/b.so"));
}

}  // namespace
}  // namespace cleanslate
