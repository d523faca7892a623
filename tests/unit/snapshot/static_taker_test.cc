#include "snapshot/static_taker.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kPage = 4096;

// What the tests change: this program is a user's module like any other. Apart from each other, so that a
// change of one isn't near another's.
alignas(64) std::int64_t counter = 41;
alignas(64) char last_user[64];
alignas(64) std::string last_city;
alignas(64) std::mt19937_64 generator;
alignas(kPage) char late[16 * kPage];
alignas(kPage) char huge[std::size_t{64} << 20];
alignas(65536) char guarded[4 * kPage];
alignas(kPage) char initialized[4 * kPage] = "from the file";

StaticTakerOptions Watch(const std::string& name) {
  StaticTakerOptions options;
  options.watched = [name](const std::string& module) { return module == name; };
  return options;
}

StaticTaker::Clock::time_point Later() {
  return StaticTaker::Clock::now() + std::chrono::seconds(30);
}

struct Change {
  std::ptrdiff_t at = 0;  // from the variable's beginning
  std::int64_t bytes = 0;
  bool text = false;
  bool operator==(const Change&) const = default;
};
void PrintTo(const Change& change, std::ostream* out) {
  *out << "{" << change.at << ", " << change.bytes << (change.text ? ", text}" : "}");
}

// Of the variable at `start`, in the program or a library.
std::vector<Change> ChangesOf(const StaticSnapshot& taken, const void* start, std::size_t bytes) {
  Dl_info info = {};
  EXPECT_NE(dladdr(start, &info), 0);
  const std::string path = std::filesystem::canonical(info.dli_fname);
  const std::uint64_t offset =
      reinterpret_cast<std::uintptr_t>(start) - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  std::vector<Change> changes;
  for (const StaticRange& range : taken.changed) {
    const bool in_it =
        range.offset + static_cast<std::uint64_t>(range.bytes) > offset && range.offset < offset + bytes;
    if (in_it && std::filesystem::canonical(range.path) == path)
      changes.push_back({static_cast<std::ptrdiff_t>(range.offset - offset), range.bytes, range.text});
  }
  return changes;
}
template <typename Variable>
std::vector<Change> ChangesOf(const StaticSnapshot& taken, const Variable& variable) {
  return ChangesOf(taken, &variable, sizeof variable);
}

class StaticTakerByEveryMeans : public ::testing::TestWithParam<OwnMemory::Means> {
 protected:
  StaticTakerByEveryMeans()
      : taker_([] {
          StaticTakerOptions options = Watch("snapshot_test");
          options.means = GetParam();
          return options;
        }()) {}

  StaticSnapshot Take() { return taker_.Take(Later()); }

  StaticTaker taker_;
};

TEST_P(StaticTakerByEveryMeans, WhatIsSeenForTheFirstTimeHasNotChanged) {
  ++counter;
  const StaticSnapshot taken = Take();
  EXPECT_THAT(taken.changed, IsEmpty());
  EXPECT_EQ(taken.left_out, 0);
}

TEST_P(StaticTakerByEveryMeans, NotesEachChangeOnce) {
  Take();
  EXPECT_THAT(ChangesOf(Take(), counter), IsEmpty());
  ++counter;
  const StaticSnapshot taken = Take();
  EXPECT_THAT(ChangesOf(taken, counter), ElementsAre(Change{0, 1, false}));
  EXPECT_GT(taken.compared, static_cast<std::int64_t>(sizeof huge));
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_THAT(ChangesOf(Take(), counter), IsEmpty());
}

TEST_P(StaticTakerByEveryMeans, ATextIsARangeOfItsOwn) {
  std::memset(last_user, 0, sizeof last_user);
  last_city = "Oslo";
  Take();
  std::strcpy(last_user, "customer-4711");
  last_city = "Trondheim";
  const StaticSnapshot taken = Take();
  EXPECT_THAT(ChangesOf(taken, last_user), ElementsAre(Change{0, 13, true}));
  EXPECT_THAT(ChangesOf(taken, last_city), ElementsAre(Change{8, 1, false}, Change{16, 9, true}));
  last_user[9] = '9';
  EXPECT_THAT(ChangesOf(Take(), last_user), ElementsAre(Change{0, 13, true}));
  std::memset(last_user, 0, sizeof last_user);
  EXPECT_THAT(ChangesOf(Take(), last_user), ElementsAre(Change{0, 13, false}));
}

TEST_P(StaticTakerByEveryMeans, AGeneratorsStateIsOneChangeWithoutText) {
  generator.seed(17);
  Take();
  generator.seed(4711);
  const auto changes = ChangesOf(Take(), generator);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_FALSE(changes[0].text);
  EXPECT_GT(changes[0].bytes, 2000);
}

TEST_P(StaticTakerByEveryMeans, ChangesNearEachOtherAreOne) {
  Take();
  last_user[0] ^= 1;
  last_user[16] ^= 1;
  last_user[40] ^= 1;
  EXPECT_THAT(ChangesOf(Take(), last_user), ElementsAre(Change{0, 17, false}, Change{40, 1, false}));
}

TEST_P(StaticTakerByEveryMeans, PagesThatNobodyHasTouchedStaySo) {
  Take();
  Take();
  OwnMemory memory;
  std::vector<std::uint8_t> touched(sizeof huge / kPage, 1);
  memory.FindTouched(reinterpret_cast<std::uintptr_t>(huge), touched);
  EXPECT_EQ(std::count(touched.begin(), touched.end(), 1), 0);
  EXPECT_LT(taker_.copy_bytes(), sizeof huge / 8);
}

TEST_P(StaticTakerByEveryMeans, APageTouchedForTheFirstTimeIsComparedWithZeros) {
  std::memset(late, 0, sizeof late);
  madvise(late, sizeof late, MADV_DONTNEED);
  StaticTaker taker(Watch("snapshot_test"));
  taker.Take(Later());
  late[3 * kPage + 7] = 1;
  EXPECT_THAT(ChangesOf(taker.Take(Later()), late), ElementsAre(Change{3 * kPage + 7, 1, false}));
}

TEST_P(StaticTakerByEveryMeans, APageOfTheFileIsComparedWithTheFile) {
  madvise(initialized, sizeof initialized, MADV_DONTNEED);
  Take();
  initialized[2] ^= 1;
  EXPECT_THAT(ChangesOf(Take(), initialized), ElementsAre(Change{0, 13, true}));
  initialized[2 * kPage] ^= 1;
  EXPECT_THAT(ChangesOf(Take(), initialized), ElementsAre(Change{2 * kPage, 1, false}));
}

TEST_P(StaticTakerByEveryMeans, WhatCantBeReadIsLeftOut) {
  std::memset(guarded, 1, sizeof guarded);
  Take();
  ASSERT_EQ(mprotect(guarded, kPage, PROT_NONE), 0);
  guarded[2 * kPage] = 2;
  const StaticSnapshot taken = Take();
  ASSERT_EQ(mprotect(guarded, kPage, PROT_READ | PROT_WRITE), 0);
  const bool reads_it_all_the_same = GetParam() == OwnMemory::Means::kWithoutProcessVm;
  EXPECT_EQ(taken.left_out, reads_it_all_the_same ? 0 : static_cast<std::int64_t>(kPage));
  EXPECT_THAT(ChangesOf(taken, guarded), ElementsAre(Change{2 * kPage, 1, false}));
}

INSTANTIATE_TEST_SUITE_P(Means, StaticTakerByEveryMeans,
                         ::testing::Values(OwnMemory::Means::kBest, OwnMemory::Means::kWithoutProcessVm,
                                           OwnMemory::Means::kWithoutPagemap));

TEST(StaticTaker, WhatTheBudgetDidNotReachComesFirstNextTime) {
  StaticTaker taker(Watch("snapshot_test"));
  taker.Take(Later());
  const std::int64_t all = taker.Take(Later()).compared;
  ++counter;
  std::strcpy(late + sizeof late - 64, "far behind");
  std::size_t found = 0;
  std::int64_t compared = 0;
  int takes = 0;
  for (; compared < all && takes < 100000; ++takes) {
    const StaticSnapshot taken = taker.Take(StaticTaker::Clock::now());
    EXPECT_EQ(taken.compared + taken.left_out, all);
    EXPECT_GT(taken.compared, 0);
    compared += taken.compared;
    found += ChangesOf(taken, counter).size() + ChangesOf(taken, late).size();
  }
  EXPECT_GT(takes, 10);
  EXPECT_EQ(found, 2u);
}

TEST(StaticTaker, CopiesAreBounded) {
  StaticTakerOptions options = Watch("snapshot_test");
  options.max_copy_bytes = 2 * kPage;
  StaticTaker taker(options);
  EXPECT_GT(taker.Take(Later()).left_out, 0);
  EXPECT_EQ(taker.copy_bytes(), 2 * kPage);
  EXPECT_GT(taker.Take(Later()).left_out, 0);
}

TEST(StaticTaker, RangesAreBounded) {
  StaticTakerOptions options = Watch("snapshot_test");
  options.max_ranges = 3;
  StaticTaker taker(options);
  taker.Take(Later());
  for (std::size_t i = 0; i < sizeof late; i += 32) ++late[i];
  const StaticSnapshot taken = taker.Take(Later());
  EXPECT_EQ(taken.changed.size(), 3u);
  EXPECT_GE(taken.left_out, static_cast<std::int64_t>(sizeof late / 32 - 3));
}

TEST(StaticTaker, OthersModulesAreNotLookedAt) {
  StaticTaker taker(Watch("nobody"));
  taker.Take(Later());
  ++counter;
  const StaticSnapshot taken = taker.Take(Later());
  EXPECT_THAT(taken.changed, IsEmpty());
  EXPECT_EQ(taken.compared, 0);
}

TEST(StaticTaker, FollowsWhatIsLoadedAndUnloaded) {
  StaticTaker taker(Watch("libstatic_victim.so"));
  EXPECT_EQ(taker.Take(Later()).compared, 0);
  for (int i = 0; i < 3; ++i) {
    void* const library = dlopen(STATIC_VICTIM, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    auto* const user = static_cast<char*>(dlsym(library, "victim_user"));
    std::strcpy(user, "alice");
    EXPECT_THAT(taker.Take(Later()).changed, IsEmpty());
    std::strcpy(user, "robert");
    const StaticSnapshot taken = taker.Take(Later());
    EXPECT_THAT(ChangesOf(taken, user, 64), ElementsAre(Change{0, 6, true}));
    dlclose(library);
    EXPECT_EQ(taker.Take(Later()).compared, 0);
    EXPECT_EQ(taker.copy_bytes(), 0u);
  }
}

TEST(StaticTaker, ALibraryMayGoWhileItIsRead) {
  std::atomic<bool> done = false;
  std::thread loader([&done] {
    while (!done) {
      void* const library = dlopen(STATIC_VICTIM, RTLD_NOW | RTLD_LOCAL);
      if (library != nullptr) dlclose(library);
    }
  });
  StaticTaker taker(Watch("libstatic_victim.so"));
  for (int i = 0; i < 3000; ++i) taker.Take(Later());
  done = true;
  loader.join();
}

TEST(StaticTaker, LeavesNoDescriptorOpen) {
  const auto open_descriptors = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = open_descriptors();
  StaticTaker taker(Watch("snapshot_test"));
  taker.Take(Later());
  ++counter;
  taker.Take(Later());
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace cleanslate
