#include "snapshot/file_taker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr auto kForever = FileTaker::Clock::time_point::max();
constexpr auto kAlreadyOver = FileTaker::Clock::time_point::min();

class Folder : public testing::Test {
 protected:
  Folder() {
    char path[] = "/tmp/file-taker-XXXXXX";
    root_ = mkdtemp(path);
  }
  ~Folder() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string At(const std::string& name) const { return root_ + "/" + name; }
  void Write(const std::string& name, const std::string& text = "x") { std::ofstream(At(name)) << text; }
  void Make(const std::string& name) { std::filesystem::create_directories(At(name)); }

  FileTaker Taker(std::size_t max_entries = 20000) const {
    FileTakerOptions options;
    options.folders = {root_};
    options.max_entries = max_entries;
    return FileTaker(options);
  }

  // Names below the root.
  std::vector<std::string> Names(const FileSnapshot& taken) const {
    std::vector<std::string> names;
    for (const FileEntry& entry : taken.entries) names.push_back(entry.path.substr(root_.size() + 1));
    return names;
  }
  FileEntry Entry(const FileSnapshot& taken, const std::string& name) const {
    for (const FileEntry& entry : taken.entries)
      if (entry.path == At(name)) return entry;
    ADD_FAILURE() << name << " is missing";
    return {};
  }

  std::string root_;
};

TEST_F(Folder, ListsNamesAndAttributes) {
  Write("a.txt", "12345");
  Make("d");
  Write("d/b.txt", "1");
  FileTaker taker = Taker();
  const FileSnapshot taken = taker.Take(kForever);
  EXPECT_THAT(Names(taken), ElementsAre("a.txt", "d", "d/b.txt"));
  EXPECT_EQ(taken.bytes, 6);
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_EQ(taken.unreadable, 0);
  struct stat status = {};
  ASSERT_EQ(stat(At("a.txt").c_str(), &status), 0);
  const FileEntry entry = Entry(taken, "a.txt");
  EXPECT_EQ(entry.type, FileType::kRegular);
  EXPECT_EQ(entry.bytes, 5);
  EXPECT_EQ(entry.inode, status.st_ino);
  EXPECT_EQ(entry.device, status.st_dev);
  EXPECT_EQ(entry.modified_ns, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
  EXPECT_EQ(entry.root, root_.size());
  EXPECT_FALSE(entry.found_late);
  EXPECT_EQ(Entry(taken, "d").type, FileType::kDirectory);
}

TEST_F(Folder, SortsByWholePath) {
  for (const char* name : {"d", "d-x", "d/e", "d/e.f", "d0"}) Make(name);
  for (const char* name : {"d/a", "d-x/b", "d.txt", "d/e/c", "d/e.f/g", "d0/h"}) Write(name);
  FileTakerOptions options;
  options.folders = {At("d0"), root_, At("d"), root_ + "-beside"};
  std::filesystem::create_directory(root_ + "-beside");
  std::ofstream(root_ + "-beside/x");
  const FileSnapshot taken = FileTaker(options).Take(kForever);
  std::filesystem::remove_all(root_ + "-beside");
  EXPECT_EQ(taken.entries.size(), 12u);
  EXPECT_TRUE(std::is_sorted(taken.entries.begin(), taken.entries.end(),
                             [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; }));
  EXPECT_EQ(std::adjacent_find(taken.entries.begin(), taken.entries.end(),
                               [](const FileEntry& a, const FileEntry& b) { return a.path == b.path; }),
            taken.entries.end());
}

TEST_F(Folder, SeesWhatComesGoesAndChanges) {
  Write("stays");
  Write("goes");
  Make("folder");
  Write("folder/inside");
  FileTaker taker = Taker();
  taker.Take(kForever);
  std::filesystem::remove(At("goes"));
  std::filesystem::remove_all(At("folder"));
  Write("comes");
  Write("stays", "longer");
  const FileSnapshot taken = taker.Take(kForever);
  EXPECT_THAT(Names(taken), ElementsAre("comes", "stays"));
  EXPECT_EQ(Entry(taken, "stays").bytes, 6);
  EXPECT_FALSE(Entry(taken, "comes").found_late);
}

TEST_F(Folder, DoesNotFollowLinks) {
  Make("outside/secret");
  Make("watched");
  std::filesystem::create_symlink("../outside", At("watched/out"));
  std::filesystem::create_symlink("..", At("watched/loop"));
  std::filesystem::create_symlink("nowhere", At("watched/dangling"));
  FileTakerOptions options;
  options.folders = {At("watched")};
  const FileSnapshot taken = FileTaker(options).Take(kForever);
  EXPECT_THAT(Names(taken), ElementsAre("watched/dangling", "watched/loop", "watched/out"));
  for (const FileEntry& entry : taken.entries) EXPECT_EQ(entry.type, FileType::kSymlink);
}

TEST_F(Folder, AFolderThatBecomesALinkIsLeft) {
  Make("d");
  Write("d/inside");
  Make("elsewhere");
  Write("elsewhere/other");
  FileTaker taker = Taker();
  taker.Take(kForever);
  std::filesystem::remove_all(At("d"));
  std::filesystem::create_symlink("elsewhere", At("d"));
  EXPECT_THAT(Names(taker.Take(kForever)), ElementsAre("d", "elsewhere", "elsewhere/other"));
}

TEST_F(Folder, ARootMayBeALinkOrMissingOrNamedTwice) {
  Write("a");
  std::filesystem::create_symlink(root_, root_ + ".link");
  FileTakerOptions options;
  options.folders = {root_ + ".link", root_ + "/missing", "", root_ + ".link/"};
  FileTaker taker(options);
  FileSnapshot taken = taker.Take(kForever);
  ASSERT_EQ(taken.entries.size(), 1u);
  EXPECT_EQ(taken.entries[0].path, root_ + ".link/a");
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_EQ(taken.unreadable, 0);
  Make("missing");
  Write("missing/b");
  taken = taker.Take(kForever);
  EXPECT_EQ(taken.entries.back().path, root_ + "/missing/b");
  EXPECT_FALSE(taken.entries.back().found_late);
  std::filesystem::remove(root_ + ".link");
}

TEST_F(Folder, TakesAnyBytesForAName) {
  const std::vector<std::string> names = {"new\nline", "\xff\xfe",           "*?[", "-rf", " ",
                                          "...",       std::string(255, 'n')};
  for (const std::string& name : names) Write(name);
  FileTaker taker = Taker();
  EXPECT_THAT(Names(taker.Take(kForever)), testing::UnorderedElementsAreArray(names));
}

TEST_F(Folder, KnowsEveryTypeAndWaitsForNone) {
  ASSERT_EQ(mkfifo(At("fifo").c_str(), 0600), 0);
  ASSERT_EQ(mknod(At("socket").c_str(), S_IFSOCK | 0600, 0), 0);
  FileTaker taker = Taker();
  const FileSnapshot taken = taker.Take(kForever);
  EXPECT_EQ(Entry(taken, "fifo").type, FileType::kFifo);
  EXPECT_EQ(Entry(taken, "socket").type, FileType::kSocket);
  EXPECT_EQ(taken.bytes, 0);
  // A root that is a fifo must not be waited for either.
  FileTakerOptions options;
  options.folders = {At("fifo")};
  EXPECT_THAT(FileTaker(options).Take(kForever).entries, IsEmpty());
}

TEST_F(Folder, CountsAHardLinkedFileOnce) {
  Write("a", "12345");
  std::filesystem::create_hard_link(At("a"), At("b"));
  FileTaker taker = Taker();
  const FileSnapshot taken = taker.Take(kForever);
  EXPECT_EQ(taken.entries.size(), 2u);
  EXPECT_EQ(taken.bytes, 5);
}

TEST_F(Folder, BoundsTheDepth) {
  Make("1/2/3/4");
  FileTakerOptions options;
  options.folders = {root_};
  options.max_depth = 2;
  const FileSnapshot taken = FileTaker(options).Take(kForever);
  EXPECT_THAT(Names(taken), ElementsAre("1", "1/2", "1/2/3"));
  EXPECT_EQ(taken.left_out, 1);
}

TEST_F(Folder, GoesDeeperThanAPathMayBeLong) {
  const std::string name(200, 'd');
  int at = open(root_.c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(mkdirat(at, name.c_str(), 0700), 0);
    const int next = openat(at, name.c_str(), O_RDONLY | O_DIRECTORY);
    close(at);
    at = next;
  }
  close(at);
  FileTaker taker = Taker();
  EXPECT_EQ(taker.Take(kForever).entries.size(), 40u);
  ASSERT_EQ(std::system(("rm -rf " + root_).c_str()), 0);
}

TEST_F(Folder, DoesNotEnterAnotherFileSystem) {
  struct stat here = {}, there = {};
  ASSERT_EQ(stat("/", &here), 0);
  ASSERT_EQ(stat("/proc", &there), 0);
  ASSERT_NE(here.st_dev, there.st_dev);
  FileTakerOptions options;
  options.folders = {"/"};
  options.max_depth = 1;
  const FileSnapshot taken = FileTaker(options).Take(kForever);
  EXPECT_TRUE(std::any_of(taken.entries.begin(), taken.entries.end(),
                          [](const FileEntry& entry) { return entry.path == "/proc"; }));
  EXPECT_TRUE(std::none_of(taken.entries.begin(), taken.entries.end(),
                           [](const FileEntry& entry) { return entry.path.starts_with("/proc/"); }));
}

TEST_F(Folder, LeavesTheTimeOfAccessAlone) {
  Make("d");
  Write("d/a");
  const timespec long_ago[2] = {{1000, 0}, {UTIME_OMIT, UTIME_OMIT}};
  for (const char* name : {"d", "d/a", ""}) ASSERT_EQ(utimensat(AT_FDCWD, At(name).c_str(), long_ago, 0), 0);
  FileTaker taker = Taker();
  taker.Take(kForever);
  for (const char* name : {"d", "d/a", ""}) {
    struct stat status = {};
    ASSERT_EQ(stat(At(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_atim.tv_sec, 1000) << name;
  }
}

TEST_F(Folder, SkipsWhatItMayNotReadAndSaysSo) {
  Write("a");
  Make("locked");
  Write("locked/inside");
  ASSERT_EQ(chmod(root_.c_str(), 0755), 0);
  FileTaker taker = Taker();
  EXPECT_EQ(taker.Take(kForever).entries.size(), 3u);
  ASSERT_EQ(chmod(At("locked").c_str(), 0), 0);
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }  // to root nothing is locked
  const FileSnapshot taken = taker.Take(kForever);
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  ASSERT_EQ(chmod(At("locked").c_str(), 0700), 0);
  EXPECT_EQ(taken.unreadable, 1);
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_THAT(Names(taken), ElementsAre("a", "locked", "locked/inside"));  // not to be read, but not gone
  EXPECT_EQ(taker.Take(kForever).unreadable, 0);
}

TEST_F(Folder, JoinsWhatTheCallerKnows) {
  Write("ours");
  Write("born");
  struct stat ours = {}, born = {};
  ASSERT_EQ(stat(At("ours").c_str(), &ours), 0);
  ASSERT_EQ(stat(At("born").c_str(), &born), 0);
  FileTakerOptions options;
  options.folders = {root_};
  options.excluded = [&](std::uint64_t device, std::uint64_t inode) {
    return device == ours.st_dev && inode == ours.st_ino;
  };
  options.birth = [&](std::uint64_t, std::uint64_t inode) {
    return inode == born.st_ino ? Birth{StackId{8}, 3} : Birth();
  };
  const FileSnapshot taken = FileTaker(options).Take(kForever);
  ASSERT_THAT(Names(taken), ElementsAre("born"));
  EXPECT_EQ(taken.entries[0].born, 3u);
  EXPECT_EQ(taken.entries[0].stack, StackId{8});
}

TEST_F(Folder, ABirthThatIsNoLongerOnRecordWasStillSeen) {
  Write("a");
  bool on_record = true;
  FileTakerOptions options;
  options.folders = {root_};
  options.birth = [&](std::uint64_t, std::uint64_t) { return on_record ? Birth{StackId{8}, 3} : Birth(); };
  FileTaker taker(options);
  taker.Take(kForever);
  on_record = false;
  EXPECT_EQ(Entry(taker.Take(kForever), "a").born, 3u);
  Write("b");
  std::filesystem::rename(At("b"), At("a"));  // another file
  EXPECT_EQ(Entry(taker.Take(kForever), "a").born, 0u);
}

// A tree that one Take can't cover is covered by several, each continuing where the last one stopped.
TEST_F(Folder, RotatesUnderABudget) {
  std::set<std::string> all;
  for (int d = 0; d < 10; ++d) {
    const std::string folder = "d" + std::to_string(d);
    Make(folder);
    all.insert(folder);
    for (int f = 0; f < 9; ++f) {
      const std::string name = folder + "/f" + std::to_string(f);
      Write(name);
      all.insert(name);
    }
  }
  FileTaker taker = Taker(30);
  FileSnapshot taken = taker.Take(kForever);
  EXPECT_GT(taken.left_out, 0);
  EXPECT_LT(taken.entries.size(), all.size());
  std::size_t seen = taken.entries.size();
  for (int i = 0; i < 12; ++i) {
    taken = taker.Take(kForever);
    EXPECT_GE(taken.entries.size(), seen) << "what was not reached must not look deleted";
    seen = taken.entries.size();
  }
  const std::vector<std::string> names = Names(taken);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), all);

  // And what changes is seen in time, wherever it is.
  std::filesystem::remove(At("d7/f3"));
  Write("d2/new");
  for (int i = 0; i < 12; ++i) taken = taker.Take(kForever);
  const std::vector<std::string> later = Names(taken);
  EXPECT_THAT(later, testing::Contains("d2/new"));
  EXPECT_THAT(later, testing::Not(testing::Contains("d7/f3")));
}

TEST_F(Folder, ResumesInsideALargeFolder) {
  std::set<std::string> all;
  for (int f = 0; f < 500; ++f) {
    all.insert("f" + std::to_string(f));
    Write("f" + std::to_string(f));
  }
  FileTaker taker = Taker(40);
  FileSnapshot taken;
  int takes = 0;
  do taken = taker.Take(kForever);
  while (taken.left_out > 0 && ++takes < 100);
  const std::vector<std::string> names = Names(taken);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), all);
  EXPECT_LE(takes, 20);
  for (int f = 0; f < 500; f += 2) std::filesystem::remove(At("f" + std::to_string(f)));
  for (int i = 0; i < 40; ++i) taken = taker.Take(kForever);
  EXPECT_EQ(taken.entries.size(), 250u);
}

TEST_F(Folder, GetsOnUnderADeadlineThatIsAlwaysOver) {
  for (int f = 0; f < 300; ++f) Write("f" + std::to_string(f));
  FileTaker taker = Taker();
  FileSnapshot taken = taker.Take(kAlreadyOver);
  EXPECT_LT(taken.entries.size(), 300u);
  EXPECT_EQ(taken.left_out, 1);
  for (int i = 0; i < 30; ++i) taken = taker.Take(kAlreadyOver);
  EXPECT_EQ(taken.entries.size(), 300u);
}

TEST_F(Folder, WhatIsReachedLateIsMarkedUnlessItChangedMeanwhile) {
  Make("a");
  Make("b");
  for (int f = 0; f < 40; ++f) {
    Write("a/f" + std::to_string(f));
    Write("b/f" + std::to_string(f));
  }
  // Files are stamped by a coarse clock: let it pass theirs.
  struct stat newest = {};
  ASSERT_EQ(stat(At("b/f39").c_str(), &newest), 0);
  timespec now = {};
  do clock_gettime(CLOCK_REALTIME_COARSE, &now);
  while (now.tv_sec == newest.st_ctim.tv_sec && now.tv_nsec <= newest.st_ctim.tv_nsec);
  FileTaker taker = Taker(45);
  const FileSnapshot first = taker.Take(kForever);
  ASSERT_GT(first.left_out, 0);
  const bool a_was_read =
      std::any_of(first.entries.begin(), first.entries.end(),
                  [this](const FileEntry& entry) { return entry.path.starts_with(At("a/")); });
  const std::string unread = a_was_read ? "b" : "a";
  Write(unread + "/during");
  FileSnapshot taken;
  for (int i = 0; i < 6; ++i) taken = taker.Take(kForever);
  EXPECT_TRUE(Entry(taken, unread + "/f7").found_late);
  EXPECT_FALSE(Entry(taken, unread + "/during").found_late);
}

TEST_F(Folder, ANewFoldersFilesAreNewWhateverTheirTimes) {
  Make("outside");
  Write("outside/old");
  Make("watched");
  FileTakerOptions options;
  options.folders = {At("watched")};
  FileTaker taker(options);
  taker.Take(kForever);
  std::filesystem::rename(At("outside"), At("watched/moved"));
  const FileSnapshot taken = taker.Take(kForever);
  EXPECT_FALSE(Entry(taken, "watched/moved").found_late);
  EXPECT_FALSE(Entry(taken, "watched/moved/old").found_late);
}

TEST_F(Folder, RemembersNoMoreThanAllowed) {
  for (int f = 0; f < 100; ++f) Write("f" + std::to_string(f));
  FileTakerOptions options;
  options.folders = {root_};
  options.max_known = 60;
  FileTaker taker(options);
  FileSnapshot taken = taker.Take(kForever);
  EXPECT_EQ(taken.entries.size(), 60u);
  EXPECT_EQ(taken.left_out, 40);
  for (const FileEntry& entry : taken.entries) std::filesystem::remove(entry.path);
  taker.Take(kForever);
  taken = taker.Take(kForever);  // room was made
  EXPECT_EQ(taken.entries.size(), 40u);
  EXPECT_EQ(taken.left_out, 0);
}

TEST_F(Folder, LeavesNoDescriptorOpen) {
  Make("a/b/c");
  FileTaker taker = Taker();
  const int before = dup(0);
  close(before);
  for (int i = 0; i < 50; ++i) taker.Take(kForever);
  const int after = dup(0);
  close(after);
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace cleanslate
