#include "snapshot/file_taker.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "snapshot/file_change.h"

namespace cleanslate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kForever = FileTaker::Clock::time_point::max();
constexpr FileTaker::Request kThorough = {.thorough = true};
constexpr auto kAlreadyOver = FileTaker::Clock::time_point::min();

// Files are stamped by a coarse clock: lets it pass what stands there by now.
// Files may be stamped by a finer clock than the coarse one, which lags behind it by some ticks.
void LetTheFileClockPass() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

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

  std::string At(const std::string& name) const { return name.empty() ? root_ : root_ + "/" + name; }
  void Write(const std::string& name, const std::string& text = "x") { std::ofstream(At(name)) << text; }
  void Make(const std::string& name) { std::filesystem::create_directories(At(name)); }
  void Remove(const std::string& name) { std::filesystem::remove_all(At(name)); }

  FileTakerOptions Options() const {
    FileTakerOptions options;
    options.folders = {root_};
    return options;
  }
  FileTaker Taker(std::size_t max_entries = 1'000'000) const {
    FileTakerOptions options = Options();
    options.max_entries = max_entries;
    return FileTaker(options);
  }

  // "+created", ">grown", "~modified", "-deleted", without the root.
  std::vector<std::string> Told(const FileSnapshot& taken) const {
    std::vector<std::string> told;
    for (const ChangedFile& changed : taken.changed)
      told.push_back("+>~-"[static_cast<int>(changed.change)] + changed.file.path.substr(root_.size() + 1));
    return told;
  }
  ChangedFile Change(const FileSnapshot& taken, const std::string& name) const {
    for (const ChangedFile& changed : taken.changed)
      if (changed.file.path == At(name)) return changed;
    ADD_FAILURE() << name << " is missing";
    return {};
  }

  std::string root_;
};

// What there is to know about a tree, found anew each time.
struct Listing {
  std::map<std::string, FileEntry> entries;
  std::int64_t names = 0, bytes = 0, allocated = 0;

  explicit Listing(const std::string& root) {
    std::set<std::uint64_t> counted;
    for (const auto& each : std::filesystem::recursive_directory_iterator(root)) {
      struct stat status = {};
      EXPECT_EQ(lstat(each.path().c_str(), &status), 0);
      FileEntry& entry = entries[each.path()];
      entry.type = S_ISDIR(status.st_mode)   ? FileType::kDirectory
                   : S_ISLNK(status.st_mode) ? FileType::kSymlink
                                             : FileType::kRegular;
      entry.bytes = status.st_size;
      entry.modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
      entry.changed_ns = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec;
      entry.device = status.st_dev;
      entry.inode = status.st_ino;
      if (entry.type != FileType::kDirectory) ++names;
      if (entry.type != FileType::kRegular) allocated += status.st_blocks * 512;
      if (entry.type != FileType::kRegular || !counted.insert(entry.inode).second) continue;
      bytes += entry.bytes;
      allocated += status.st_blocks * 512;
    }
  }
};

using Names = std::vector<std::string>;
using Changes = std::vector<std::pair<std::string, FileChange>>;

Changes ChangesBetween(const Listing& before, const Listing& now) {
  std::map<std::string, std::pair<const FileEntry*, const FileEntry*>> ends;
  for (const auto& [path, entry] : before.entries) ends[path].first = &entry;
  for (const auto& [path, entry] : now.entries) ends[path].second = &entry;
  Changes changes;
  for (const auto& [path, end] : ends)
    if (const auto change = ChangeOf(end.first, end.second)) changes.emplace_back(path, *change);
  return changes;
}

Changes ChangesIn(const FileSnapshot& taken) {
  Changes changes;
  for (const ChangedFile& changed : taken.changed) changes.emplace_back(changed.file.path, changed.change);
  return changes;
}

void ExpectTotals(const FileSnapshot& taken, const Listing& listing) {
  EXPECT_EQ(taken.names, listing.names);
  EXPECT_EQ(taken.bytes, listing.bytes);
  EXPECT_EQ(taken.allocated, listing.allocated);
}

TEST_F(Folder, LearnsWhatIsThereWithoutTellingOfIt) {
  Write("a.txt", "12345");
  Make("d");
  Write("d/b.txt", "1");
  FileTaker taker = Taker();
  FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), IsEmpty());
  EXPECT_EQ(taken.names, 2);
  EXPECT_EQ(taken.bytes, 6);
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_EQ(taken.unreadable, 0);
  ExpectTotals(taken, Listing(root_));
  taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), IsEmpty());
  ExpectTotals(taken, Listing(root_));
}

TEST_F(Folder, TellsNamesAndAttributes) {
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  Write("a.txt", "12345");
  Make("d");
  Write("d/b.txt", "1");
  const FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("+a.txt", "+d", "+d/b.txt"));
  struct stat status = {};
  ASSERT_EQ(stat(At("a.txt").c_str(), &status), 0);
  const ChangedFile change = Change(taken, "a.txt");
  const FileEntry& entry = change.file;
  EXPECT_EQ(entry.type, FileType::kRegular);
  EXPECT_EQ(entry.bytes, 5);
  EXPECT_EQ(entry.inode, status.st_ino);
  EXPECT_EQ(entry.device, status.st_dev);
  EXPECT_EQ(entry.modified_ns, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
  EXPECT_EQ(entry.changed_ns, status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec);
  EXPECT_EQ(entry.root, root_.size());
  EXPECT_FALSE(entry.found_late);
  EXPECT_EQ(change.bytes_before, 0);
  EXPECT_EQ(Change(taken, "d").file.type, FileType::kDirectory);
}

TEST_F(Folder, SortsByWholePath) {
  std::filesystem::create_directory(root_ + "-beside");
  FileTakerOptions options;
  options.folders = {At("d0"), root_, At("d"), root_ + "-beside"};
  FileTaker taker(options);
  taker.Take({}, kForever);
  for (const char* name : {"d", "d-x", "d/e", "d/e.f", "d0"}) Make(name);
  for (const char* name : {"d/a", "d-x/b", "d.txt", "d/e/c", "d/e.f/g", "d0/h"}) Write(name);
  std::ofstream(root_ + "-beside/x");
  const FileSnapshot taken = taker.Take({}, kForever);
  std::filesystem::remove_all(root_ + "-beside");
  EXPECT_EQ(taken.changed.size(), 12u);
  const Changes changes = ChangesIn(taken);
  EXPECT_TRUE(std::is_sorted(changes.begin(), changes.end()));
  EXPECT_EQ(std::adjacent_find(changes.begin(), changes.end()), changes.end());
}

TEST_F(Folder, SeesWhatComesGoesAndChanges) {
  Write("stays");
  Write("shrinks", "long");
  Write("goes", "1234567");
  Make("folder/deep");
  Write("folder/inside");
  Write("folder/deep/inside");
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  Remove("goes");
  Remove("folder");
  Write("comes");
  Write("stays", "longer");
  Write("shrinks", "");
  const FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("+comes", "-folder", "-folder/deep", "-folder/deep/inside",
                                       "-folder/inside", "-goes", "~shrinks", ">stays"));
  EXPECT_EQ(Change(taken, "stays").file.bytes, 6);
  EXPECT_EQ(Change(taken, "stays").bytes_before, 1);
  EXPECT_EQ(Change(taken, "goes").bytes_before, 7);
  EXPECT_EQ(Change(taken, "goes").file.bytes, 7);
  EXPECT_FALSE(Change(taken, "comes").file.found_late);
  ExpectTotals(taken, Listing(root_));
  EXPECT_THAT(Told(taker.Take({}, kForever)), IsEmpty());
}

TEST_F(Folder, SeesOneThingTakeThePlaceOfAnother) {
  Write("file");
  Write("becomes-folder");
  Make("becomes-file");
  Write("becomes-file/inside");
  Make("another-folder");
  Write("another-folder/old");
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  Write("other");
  std::filesystem::rename(At("other"), At("file"));
  for (const char* name : {"becomes-folder", "becomes-file", "another-folder"}) Remove(name);
  Make("becomes-folder");
  Write("becomes-folder/inside");
  Write("becomes-file");
  Make("another-folder");
  Write("another-folder/new");
  const FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken),
              ElementsAre("+another-folder/new", "-another-folder/old", "~becomes-file",
                          "-becomes-file/inside", "~becomes-folder", "+becomes-folder/inside", "~file"));
  ExpectTotals(taken, Listing(root_));
}

// Whatever happens to a tree, what is told is the difference of two full listings of it.
TEST_F(Folder, AgreesWithFullListings) {
  for (unsigned seed = 0; seed < 8; ++seed) {
    std::mt19937 random(seed);
    const auto some = [&](unsigned count) { return random() % count; };
    const auto path = [&] {
      std::string name;
      for (unsigned depth = some(4); depth > 0; --depth) name += "d" + std::to_string(some(3)) + "/";
      return name + "n" + std::to_string(some(6));
    };
    Make("");
    FileTaker taker = Taker(), late = Taker(40);
    std::map<std::uint64_t, Birth> writes;  // by inode
    FileTakerOptions told = Options();
    told.birth = [&](std::uint64_t, std::uint64_t inode) { return writes[inode]; };
    FileTaker told_of_writes(told);
    taker.Take(kThorough, kForever);
    late.Take(kThorough, kForever);
    told_of_writes.Take({}, kForever);
    std::set<std::string> heard_of;  // by the one whose walks are cut
    const auto hear = [&] {
      const FileSnapshot taken = late.Take(kThorough, kForever);
      for (const ChangedFile& changed : taken.changed) {
        const std::string& path = changed.file.path;
        if (changed.change == FileChange::kDeleted) {
          EXPECT_EQ(heard_of.erase(path), 1u) << path;
        } else if (changed.change == FileChange::kCreated) {
          EXPECT_TRUE(heard_of.insert(path).second) << path;
        }
      }
      return taken;
    };
    for (int round = 0; round < 25; ++round) {
      const Listing before(root_);
      for (unsigned act = some(40); act > 0; --act) {
        const std::string one = path(), other = path();
        std::error_code ignored;
        switch (some(7)) {
          case 0:
            std::filesystem::remove_all(At(one), ignored);
            break;
          case 1:
            std::filesystem::rename(At(one), At(other), ignored);
            break;
          case 2:
            std::filesystem::create_hard_link(At(one), At(other), ignored);
            break;
          case 3:
            std::filesystem::create_symlink("n1", At(other), ignored);
            break;
          case 4:
            std::filesystem::create_directories(At(one), ignored);
            break;
          case 5:
            std::filesystem::create_directories(At(one).substr(0, At(one).rfind('/')), ignored);
            [[fallthrough]];
          default:
            Write(one, std::string(some(9000), 'x'));
            struct stat status = {};
            if (stat(At(one).c_str(), &status) == 0)
              writes[status.st_ino] = {StackId::kNone, static_cast<WindowNumber>(round + 1)};
        }
      }
      const Listing now(root_);
      const FileSnapshot taken = taker.Take(kThorough, kForever);
      const Changes expected = ChangesBetween(before, now);
      ASSERT_EQ(ChangesIn(taken), expected) << "seed " << seed << ", round " << round;
      ExpectTotals(taken, now);
      const WindowNumber window = static_cast<WindowNumber>(round + 1);
      ASSERT_EQ(ChangesIn(told_of_writes.Take({.window = window}, kForever)), expected)
          << "seed " << seed << ", round " << round;
      EXPECT_EQ(taken.left_out, 0);
      hear();
    }
    FileSnapshot taken;
    for (int i = 0; i < 20; ++i) taken = hear();
    const Listing now(root_);
    ExpectTotals(taken, now);
    std::set<std::string> there;
    for (const auto& [each, entry] : now.entries) there.insert(each);
    EXPECT_EQ(heard_of, there);
    Remove("");
  }
}

constexpr int kMany = 20 * static_cast<int>(FileTaker::kLooksInTurn);

std::string Numbered(int i) {
  return "folder-" + std::to_string(i % 7) + "/file-" + std::to_string(i);
}

class ManyFiles : public Folder {
 protected:
  ManyFiles() {
    for (int i = 0; i < 7; ++i) Make("folder-" + std::to_string(i));
    for (int i = 0; i < kMany; ++i) Write(Numbered(i));
    LetTheFileClockPass();
  }
  Descriptor Open(const std::string& name) {
    struct stat status = {};
    EXPECT_EQ(stat(At(name).c_str(), &status), 0);
    Descriptor open;
    open.kind = DescriptorKind::kFile;
    open.device = status.st_dev;
    open.inode = status.st_ino;
    return open;
  }
};

TEST_F(ManyFiles, AreReadAnewOnlyWhereSomethingHasMoved) {
  int asked = 0;  // about files that are looked at, or might be
  FileTakerOptions options = Options();
  options.excluded = [&](std::uint64_t, std::uint64_t) { return ++asked == 0; };
  FileTaker taker(options);
  taker.Take({.window = 1}, kForever);
  EXPECT_GE(asked, kMany);
  for (WindowNumber window = 2; window < 40; ++window) {
    Write("folder-3/new-" + std::to_string(window));
    Remove("folder-3/new-" + std::to_string(window - 1));
    asked = 0;
    const FileSnapshot taken = taker.Take({.window = window}, kForever);
    EXPECT_EQ(taken.names, kMany + 1);
    EXPECT_THAT(Told(taken), testing::Contains("+folder-3/new-" + std::to_string(window)));
    EXPECT_EQ(taken.changed.size(), window > 2 ? 2u : 1u);
    EXPECT_LT(asked, 4 * static_cast<int>(FileTaker::kLooksInTurn));
  }
}

TEST_F(ManyFiles, ThatAreOpenAreLookedAtEachTime) {
  FileTaker taker = Taker();
  const Descriptor log = Open(Numbered(5));
  const std::string name = Numbered(5);
  for (WindowNumber window = 1; window < 30; ++window) {
    const FileSnapshot taken = taker.Take({.window = window, .open = {&log, 1}}, kForever);
    EXPECT_EQ(Told(taken), window == 1 ? Names() : Names{">" + name});
    std::ofstream(At(name), std::ios::app) << "x";
  }
}

TEST_F(ManyFiles, ThatAnotherProcessWritesToAreSeenInTheirTurn) {
  FileTaker taker = Taker();
  taker.Take({.window = 1}, kForever);
  std::set<std::string> written, told;
  for (int i = 0; i < kMany; i += 100) {
    Write(Numbered(i), "longer");
    written.insert(">" + Numbered(i));
  }
  for (WindowNumber window = 2; window <= 23; ++window) {
    for (const ChangedFile& changed : taker.Take({.window = window}, kForever).changed) {
      EXPECT_TRUE(told.insert(">" + changed.file.path.substr(root_.size() + 1)).second);
      // It may have been written to ever since the first look.
      EXPECT_EQ(changed.file.since, 2u);
    }
  }
  EXPECT_EQ(told, written);

  for (int i = 0; i < kMany; i += 100) Write(Numbered(i), "longer still");
  EXPECT_EQ(taker.Take({.window = 24, .thorough = true}, kForever).changed.size(), written.size());
}

TEST_F(ManyFiles, ThatAreFoundLateMayHaveComeSinceTheirFolderWasRead) {
  FileTaker taker = Taker(kMany / 2);
  WindowNumber window = 0;
  while (taker.Take({.window = ++window}, kForever).names < kMany) ASSERT_LT(window, 10u);
  for (int i = 0; i < 3; ++i) EXPECT_GT(taker.Take({.window = ++window}, kForever).left_out, 0);
  const WindowNumber written = window + 1;
  for (int i = 0; i < 7; ++i) Write("folder-" + std::to_string(i) + "/new");
  std::map<std::string, WindowNumber> found;
  for (; window < written + 4;) {
    for (const ChangedFile& changed : taker.Take({.window = ++window}, kForever).changed) {
      found[changed.file.path] = window;
      EXPECT_EQ(changed.change, FileChange::kCreated);
      EXPECT_LE(changed.file.since, written);
      EXPECT_GT(changed.file.since, written - 4);
    }
  }
  EXPECT_EQ(found.size(), 7u);
}

TEST_F(Folder, DoesNotFollowLinks) {
  Make("outside/secret");
  Make("watched");
  FileTakerOptions options;
  options.folders = {At("watched")};
  FileTaker taker(options);
  taker.Take({}, kForever);
  std::filesystem::create_symlink("../outside", At("watched/out"));
  std::filesystem::create_symlink("..", At("watched/loop"));
  std::filesystem::create_symlink("nowhere", At("watched/dangling"));
  const FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("+watched/dangling", "+watched/loop", "+watched/out"));
  for (const ChangedFile& changed : taken.changed) EXPECT_EQ(changed.file.type, FileType::kSymlink);
  EXPECT_EQ(taken.bytes, 0);
}

TEST_F(Folder, AFolderThatBecomesALinkIsLeft) {
  for (const char* name : {"d", "deep/1/2", "elsewhere/2"}) Make(name);
  for (const char* name : {"d/inside", "deep/1/2/inside", "elsewhere/2/other"}) Write(name);
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  Remove("d");
  Remove("deep/1");
  std::filesystem::create_symlink("elsewhere", At("d"));
  std::filesystem::create_symlink("../elsewhere", At("deep/1"));
  EXPECT_THAT(Told(taker.Take({}, kForever)),
              ElementsAre("~d", "-d/inside", "~deep/1", "-deep/1/2", "-deep/1/2/inside"));
}

TEST_F(Folder, ARootMayBeALinkOrMissingOrNamedTwice) {
  Write("a");
  std::filesystem::create_symlink(root_, root_ + ".link");
  FileTakerOptions options;
  options.folders = {root_ + ".link", root_ + "/missing", "", root_ + ".link/"};
  FileTaker taker(options);
  FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_EQ(taken.names, 1);
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_EQ(taken.unreadable, 0);
  Make("missing");
  Write("missing/b");
  taken = taker.Take({}, kForever);
  EXPECT_THAT(ChangesIn(taken), ElementsAre(std::pair(root_ + ".link/missing", FileChange::kCreated),
                                            std::pair(root_ + ".link/missing/b", FileChange::kCreated),
                                            std::pair(root_ + "/missing/b", FileChange::kCreated)));
  EXPECT_FALSE(taken.changed.back().file.found_late);
  std::filesystem::remove(root_ + ".link");
}

TEST_F(Folder, ARootThatGoesAndComesBack) {
  Make("watched/d");
  Write("watched/d/a");
  FileTakerOptions options;
  options.folders = {At("watched")};
  FileTaker taker(options);
  taker.Take({}, kForever);
  std::filesystem::rename(At("watched"), At("away"));
  FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("-watched/d", "-watched/d/a"));
  EXPECT_EQ(taken.names, 0);
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_THAT(Told(taker.Take({}, kForever)), IsEmpty());
  std::filesystem::rename(At("away"), At("watched"));
  taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("+watched/d", "+watched/d/a"));
  EXPECT_EQ(taken.names, 1);
}

TEST_F(Folder, ARootWithinAnotherIsListedOnce) {
  Make("d/inner");
  Write("d/inner/a");
  FileTakerOptions options;
  options.folders = {At("d/inner"), root_};
  FileTaker taker(options);
  FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_EQ(taken.names, 1);
  Write("d/inner/b");
  taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("+d/inner/b"));
  EXPECT_EQ(taken.changed[0].file.root, At("d/inner").size());
  Remove("d");
  taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("-d", "-d/inner", "-d/inner/a", "-d/inner/b"));
  EXPECT_EQ(taken.names, 0);
  EXPECT_THAT(Told(taker.Take({}, kForever)), IsEmpty());
  Make("d/inner");
  Write("d/inner/c");
  EXPECT_THAT(Told(taker.Take({}, kForever)), ElementsAre("+d", "+d/inner", "+d/inner/c"));
  Remove("d/inner");
  Write("d/inner");  // a file now
  EXPECT_THAT(Told(taker.Take({}, kForever)), ElementsAre("~d/inner", "-d/inner/c"));
  taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), IsEmpty());
  EXPECT_EQ(taken.left_out, 0);
}

TEST_F(Folder, TakesAnyBytesForAName) {
  const std::vector<std::string> names = {"new\nline", "\xff\xfe",           "*?[", "-rf", " ",
                                          "...",       std::string(255, 'n')};
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  std::vector<std::string> expected;
  for (const std::string& name : names) {
    Write(name);
    expected.push_back("+" + name);
  }
  EXPECT_THAT(Told(taker.Take({}, kForever)), testing::UnorderedElementsAreArray(expected));
  EXPECT_THAT(Told(taker.Take({}, kForever)), IsEmpty());
}

TEST_F(Folder, KnowsEveryTypeAndWaitsForNone) {
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  ASSERT_EQ(mkfifo(At("fifo").c_str(), 0600), 0);
  ASSERT_EQ(mknod(At("socket").c_str(), S_IFSOCK | 0600, 0), 0);
  const FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_EQ(Change(taken, "fifo").file.type, FileType::kFifo);
  EXPECT_EQ(Change(taken, "socket").file.type, FileType::kSocket);
  EXPECT_EQ(taken.names, 2);
  EXPECT_EQ(taken.bytes, 0);
  // A root that is a fifo must not be waited for either.
  FileTakerOptions options;
  options.folders = {At("fifo")};
  const FileSnapshot none = FileTaker(options).Take({}, kForever);
  EXPECT_EQ(none.names, 0);
  EXPECT_EQ(none.unreadable, 0);
}

TEST_F(Folder, CountsAHardLinkedFileOnce) {
  Write("a", "12345");
  std::filesystem::create_hard_link(At("a"), At("b"));
  FileTaker taker = Taker();
  FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_EQ(taken.names, 2);
  EXPECT_EQ(taken.bytes, 5);
  std::ofstream(At("b"), std::ios::app) << "67";
  taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre(">a", ">b"));
  EXPECT_EQ(taken.bytes, 7);
  Remove("a");
  taken = taker.Take({}, kForever);
  EXPECT_EQ(taken.bytes, 7);
  ExpectTotals(taken, Listing(root_));
  Remove("b");
  taken = taker.Take({}, kForever);
  EXPECT_EQ(taken.bytes, 0);
  EXPECT_EQ(taken.allocated, 0);
}

// The file system of shared memory is the one that each machine has.
TEST(FileSystem, TellsWhatNoNameAccountsFor) {
  FileTakerOptions options;
  options.folders = {"/dev/shm"};
  FileTaker taker(options);
  const std::string file = "/dev/shm/file-taker-test-" + std::to_string(getpid());
  const auto write = [&] { std::ofstream(file) << std::string(1'000'000, 'x'); };
  EXPECT_EQ(taker.Take({}, kForever).unaccounted, 0);
  write();
  EXPECT_EQ(taker.Take({}, kForever).unaccounted, 0);
  const int held = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  std::filesystem::remove(file);
  const std::int64_t hidden = taker.Take({}, kForever).unaccounted.value_or(-1);
  EXPECT_GE(hidden, 1'000'000);
  EXPECT_LT(hidden, 1'010'000);
  Descriptor known;
  known.kind = DescriptorKind::kFile;
  known.deleted = true;
  struct stat status = {};
  ASSERT_EQ(fstat(held, &status), 0);
  known.device = status.st_dev;
  known.inode = status.st_ino;
  known.allocated = std::int64_t{status.st_blocks} * 512;
  EXPECT_EQ(taker.Take({.open = {&known, 1}}, kForever).unaccounted, 0);
  close(held);
  EXPECT_EQ(taker.Take({}, kForever).unaccounted, 0);
}

TEST_F(Folder, MeasuresItsFileSystem) {
  FileTaker taker = Taker();
  const FileSnapshot taken = taker.Take({}, kForever);
  struct statvfs system = {};
  ASSERT_EQ(statvfs(root_.c_str(), &system), 0);
  EXPECT_GT(taken.space, 0);
  EXPECT_LE(taken.space, static_cast<std::int64_t>(system.f_blocks * system.f_frsize));
  EXPECT_LE(taken.free_space, taken.space);
  EXPECT_FALSE(taken.own_file_system);
  FileTakerOptions options;
  options.folders = {"/proc/self/fdinfo", "/dev"};
  EXPECT_FALSE(FileTaker(options).Take({}, kForever).own_file_system);
  options.folders = {"/proc"};
  options.max_depth = 0;
  EXPECT_TRUE(FileTaker(options).Take({}, kForever).own_file_system);
  options.folders = {At("missing")};
  EXPECT_EQ(FileTaker(options).Take({}, kForever).space, 0);
}

TEST_F(Folder, BoundsTheDepth) {
  Make("1/2/3/4");
  Write("1/file");
  Write("1/2/3/hidden");
  FileTakerOptions options = Options();
  options.max_depth = 2;
  FileTaker taker(options);
  const FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_EQ(taken.names, 1);
  EXPECT_EQ(taken.left_out, 1);
  Remove("1");
  EXPECT_THAT(Told(taker.Take({}, kForever)), ElementsAre("-1", "-1/2", "-1/2/3", "-1/file"));
}

TEST_F(Folder, GoesDeeperThanAPathMayBeLong) {
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  const std::string name(200, 'd');
  int at = open(root_.c_str(), O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(mkdirat(at, name.c_str(), 0700), 0);
    const int next = openat(at, name.c_str(), O_RDONLY | O_DIRECTORY);
    close(at);
    at = next;
  }
  close(at);
  EXPECT_EQ(taker.Take({}, kForever).changed.size(), 40u);
  ASSERT_EQ(std::system(("rm -rf " + root_).c_str()), 0);
  EXPECT_EQ(taker.Take({}, kForever).changed.size(), 40u);
}

TEST_F(Folder, DoesNotEnterAnotherFileSystem) {
  struct stat here = {}, there = {};
  ASSERT_EQ(stat("/", &here), 0);
  ASSERT_EQ(stat("/proc", &there), 0);
  ASSERT_NE(here.st_dev, there.st_dev);
  FileTakerOptions options;
  options.folders = {"/"};
  options.max_depth = 1;
  std::set<std::uint64_t> devices;
  options.excluded = [&](std::uint64_t device, std::uint64_t inode) {
    if (inode != there.st_ino || device != there.st_dev) devices.insert(device);
    return false;
  };
  FileTaker(options).Take({}, kForever);
  EXPECT_TRUE(devices.contains(here.st_dev));
  EXPECT_FALSE(devices.contains(there.st_dev)) << "/proc was read";
}

TEST_F(Folder, LeavesTheTimeOfAccessAlone) {
  Make("d/e");
  Write("d/a");
  const timespec long_ago[2] = {{1000, 0}, {UTIME_OMIT, UTIME_OMIT}};
  for (const char* name : {"d", "d/a", "d/e", ""})
    ASSERT_EQ(utimensat(AT_FDCWD, At(name).c_str(), long_ago, 0), 0);
  FileTaker taker = Taker();
  taker.Take({}, kForever);
  for (const char* name : {"d", "d/a", "d/e", ""}) {
    struct stat status = {};
    ASSERT_EQ(stat(At(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_atim.tv_sec, 1000) << name;
  }
}

TEST_F(Folder, SkipsWhatItMayNotReadAndSaysSo) {
  Write("a");
  Make("locked/deep");
  Write("locked/inside");
  ASSERT_EQ(chmod(root_.c_str(), 0755), 0);
  FileTaker taker = Taker();
  EXPECT_EQ(taker.Take({}, kForever).names, 2);
  ASSERT_EQ(chmod(At("locked").c_str(), 0), 0);
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(seteuid(65534), 0);
  }  // to root nothing is locked
  const FileSnapshot taken = taker.Take({}, kForever);
  if (root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  ASSERT_EQ(chmod(At("locked").c_str(), 0700), 0);
  EXPECT_EQ(taken.unreadable, 2);
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_THAT(Told(taken), IsEmpty());  // not to be read, but not gone
  EXPECT_EQ(taken.names, 2);
  EXPECT_EQ(taker.Take({}, kForever).unreadable, 0);
}

TEST_F(Folder, JoinsWhatTheCallerKnows) {
  FileTakerOptions options = Options();
  struct stat ours = {}, born = {};
  options.excluded = [&](std::uint64_t device, std::uint64_t inode) {
    return device == ours.st_dev && inode == ours.st_ino;
  };
  options.birth = [&](std::uint64_t, std::uint64_t inode) {
    return inode == born.st_ino ? Birth{StackId{8}, 3} : Birth();
  };
  FileTaker taker(options);
  taker.Take({}, kForever);
  Write("ours");
  Write("born");
  ASSERT_EQ(stat(At("ours").c_str(), &ours), 0);
  ASSERT_EQ(stat(At("born").c_str(), &born), 0);
  const FileSnapshot taken = taker.Take({}, kForever);
  ASSERT_THAT(Told(taken), ElementsAre("+born"));
  EXPECT_EQ(taken.changed[0].file.born, 3u);
  EXPECT_EQ(taken.changed[0].file.stack, StackId{8});
  EXPECT_EQ(taken.names, 1);
}

TEST_F(Folder, ABirthThatIsNoLongerOnRecordWasStillSeen) {
  Write("a");
  bool on_record = true;
  FileTakerOptions options = Options();
  options.birth = [&](std::uint64_t, std::uint64_t) { return on_record ? Birth{StackId{8}, 3} : Birth(); };
  FileTaker taker(options);
  taker.Take({}, kForever);
  on_record = false;
  Write("a", "longer");
  EXPECT_EQ(Change(taker.Take({}, kForever), "a").file.born, 3u);
  Write("b");
  std::filesystem::rename(At("b"), At("a"));  // another file
  EXPECT_EQ(Change(taker.Take({}, kForever), "a").file.born, 0u);
}

// Where nothing but the time of a file's status has changed, the window of its birth decides.
TEST_F(Folder, ABirthCountsFromTheTakeThatMetIt) {
  Write("a");
  WindowNumber window = 1;
  FileTakerOptions options = Options();
  options.birth = [&](std::uint64_t, std::uint64_t) { return Birth{StackId{8}, window}; };
  FileTaker taker(options);
  taker.Take({}, kForever);
  window = 2;  // opened to be written to, but not written
  EXPECT_THAT(Told(taker.Take({}, kForever)), IsEmpty());
  LetTheFileClockPass();
  ASSERT_EQ(chmod(At("a").c_str(), 0600), 0);
  EXPECT_THAT(Told(taker.Take({}, kForever)), IsEmpty());
  struct stat status = {};
  ASSERT_EQ(stat(At("a").c_str(), &status), 0);
  const timespec times[2] = {status.st_atim, status.st_mtim};
  Write("a", "y");
  LetTheFileClockPass();
  ASSERT_EQ(utimensat(AT_FDCWD, At("a").c_str(), times, 0), 0);
  window = 3;
  EXPECT_THAT(Told(taker.Take({}, kForever)), ElementsAre("~a"));
}

// A tree that one Take can't cover is covered by several, each continuing where the last one stopped.
TEST_F(Folder, RotatesUnderABudget) {
  FileTaker taker = Taker(30);
  taker.Take({}, kForever);
  std::set<std::string> all;
  for (int d = 0; d < 10; ++d) {
    const std::string folder = "d" + std::to_string(d);
    Make(folder);
    all.insert("+" + folder);
    for (int f = 0; f < 9; ++f) {
      const std::string name = folder + "/f" + std::to_string(f);
      Write(name);
      all.insert("+" + name);
    }
  }
  std::set<std::string> told;
  for (int i = 0; i < 5; ++i) {  // 111 steps, 30 at a time, and one more
    const FileSnapshot taken = taker.Take({}, kForever);
    EXPECT_GT(taken.left_out, 0);
    for (const std::string& each : Told(taken)) EXPECT_TRUE(told.insert(each).second) << each;
  }
  EXPECT_EQ(told, all) << "what was not reached must not look deleted";

  // And what changes is seen in time, wherever it is.
  Remove("d7/f3");
  Write("d2/new");
  told.clear();
  for (int i = 0; i < 5; ++i) {
    for (const std::string& each : Told(taker.Take({}, kForever))) told.insert(each);
  }
  EXPECT_THAT(told, ElementsAre("+d2/new", "-d7/f3"));
}

TEST_F(Folder, ResumesInsideALargeFolder) {
  for (int f = 0; f < 500; ++f) Write("f" + std::to_string(f));
  FileTaker taker = Taker(40);
  FileSnapshot taken;
  int takes = 0;
  do taken = taker.Take({}, kForever);
  while (taken.left_out > 0 && ++takes < 100);
  EXPECT_EQ(taken.names, 500);
  EXPECT_LE(takes, 13);
  for (int f = 0; f < 500; f += 2) Remove("f" + std::to_string(f));
  std::set<std::string> told;
  for (int i = 0; i < 40; ++i) {
    taken = taker.Take({}, kForever);
    for (const std::string& each : Told(taken)) EXPECT_TRUE(told.insert(each).second) << each;
  }
  EXPECT_EQ(taken.names, 250);
  EXPECT_EQ(told.size(), 250u);
}

TEST_F(Folder, GetsOnUnderADeadlineThatIsAlwaysOver) {
  for (int f = 0; f < 300; ++f) Write("f" + std::to_string(f));
  FileTaker taker = Taker();
  FileSnapshot taken = taker.Take({}, kAlreadyOver);
  EXPECT_LT(taken.names, 300);
  EXPECT_EQ(taken.left_out, 1);
  for (int i = 0; i < 12; ++i) taken = taker.Take({}, kAlreadyOver);
  EXPECT_EQ(taken.names, 300);
}

TEST_F(Folder, TellsNoMoreAtOnceThanAllowed) {
  FileTakerOptions options = Options();
  options.max_changed = 10;
  FileTaker taker(options);
  taker.Take({}, kForever);
  for (int f = 0; f < 25; ++f) Write("f" + std::to_string(f));
  EXPECT_THAT(Told(taker.Take({}, kForever)), testing::SizeIs(10));
  EXPECT_THAT(Told(taker.Take({}, kForever)), testing::SizeIs(10));
  EXPECT_THAT(Told(taker.Take({}, kForever)), testing::SizeIs(5));
}

TEST_F(Folder, WhatIsReachedLateIsMarkedUnlessItChangedMeanwhile) {
  struct stat status = {};
  for (const char* name : {"a", "b"}) {
    Make(name);
    for (int f = 0; f < 40; ++f) Write(name + ("/f" + std::to_string(f)));
  }
  LetTheFileClockPass();
  std::set<std::uint64_t> looked_at;
  FileTakerOptions options = Options();
  options.max_entries = 45;
  options.birth = [&](std::uint64_t, std::uint64_t inode) {
    looked_at.insert(inode);
    return Birth();
  };
  FileTaker taker(options);
  ASSERT_GT(taker.Take({}, kForever).left_out, 0);
  ASSERT_EQ(stat(At("a/f7").c_str(), &status), 0);
  const std::string unread = looked_at.contains(status.st_ino) ? "b" : "a";
  Write(unread + "/during");
  std::vector<std::string> told;
  FileSnapshot taken;
  for (int i = 0; i < 3; ++i) {
    taken = taker.Take({}, kForever);
    for (const std::string& each : Told(taken)) told.push_back(each);
  }
  EXPECT_THAT(told, ElementsAre("+" + unread + "/during"));
  EXPECT_EQ(taken.names, 81);
}

TEST_F(Folder, WhatIsReachedLateIsTellableWhenItWasSeenMade) {
  Make("a");
  Make("b");
  for (int f = 0; f < 40; ++f) Write("a/f" + std::to_string(f));
  for (int f = 0; f < 40; ++f) Write("b/f" + std::to_string(f));
  LetTheFileClockPass();
  FileTakerOptions options = Options();
  options.max_entries = 45;
  options.birth = [&](std::uint64_t, std::uint64_t) { return Birth{StackId{8}, 1}; };
  FileTaker taker(options);
  taker.Take({}, kForever);
  const FileSnapshot taken = taker.Take({}, kForever);
  ASSERT_FALSE(taken.changed.empty());
  EXPECT_TRUE(taken.changed[0].file.found_late);
  EXPECT_EQ(taken.changed[0].change, FileChange::kCreated);
}

TEST_F(Folder, ANewFoldersFilesAreNewWhateverTheirTimes) {
  Make("outside");
  Write("outside/old");
  Make("watched");
  LetTheFileClockPass();
  FileTakerOptions options;
  options.folders = {At("watched")};
  FileTaker taker(options);
  taker.Take({}, kForever);
  std::filesystem::rename(At("outside"), At("watched/moved"));
  const FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_THAT(Told(taken), ElementsAre("+watched/moved", "+watched/moved/old"));
  EXPECT_FALSE(Change(taken, "watched/moved/old").file.found_late);
}

TEST_F(Folder, RemembersNoMoreThanAllowed) {
  FileTakerOptions options = Options();
  options.max_known = 60;
  FileTaker taker(options);
  taker.Take({}, kForever);
  for (int f = 0; f < 100; ++f) Write("f" + std::to_string(f));
  FileSnapshot taken = taker.Take({}, kForever);
  EXPECT_EQ(taken.names, 60);
  EXPECT_EQ(taken.changed.size(), 60u);
  EXPECT_EQ(taken.left_out, 40);
  for (const ChangedFile& changed : taken.changed) std::filesystem::remove(changed.file.path);
  taker.Take({}, kForever);
  taken = taker.Take({}, kForever);  // room was made
  EXPECT_EQ(taken.names, 40);
  EXPECT_EQ(taken.left_out, 0);
}

TEST_F(Folder, WhatDidNotFitAtFirstIsFoundLate) {
  for (int d = 0; d < 10; ++d) {
    Make("d" + std::to_string(d));
    Write("d" + std::to_string(d) + "/file");
  }
  LetTheFileClockPass();
  FileTakerOptions options = Options();
  options.max_known = 12;
  FileTaker taker(options);
  taker.Take({}, kForever);
  for (int d = 0; d < 5; ++d) Remove("d" + std::to_string(d));
  FileSnapshot taken;
  for (int i = 0; i < 4; ++i) {
    taken = taker.Take({}, kForever);
    for (const ChangedFile& changed : taken.changed)
      EXPECT_EQ(changed.change, FileChange::kDeleted) << changed.file.path << " in Take " << i;
  }
  EXPECT_EQ(taken.names, 5);
  EXPECT_EQ(taken.left_out, 0);
  Write("d7/new");
  EXPECT_THAT(Told(taker.Take({}, kForever)), ElementsAre("+d7/new"));
}

TEST_F(Folder, LeavesNoDescriptorOpen) {
  Make("a/b/c");
  FileTaker taker = Taker();
  const int before = dup(0);
  close(before);
  for (int i = 0; i < 50; ++i) taker.Take({}, kForever);
  const int after = dup(0);
  close(after);
  EXPECT_EQ(before, after);
}

// However large the tree is, no Take looks at more than it may, and after as many as it takes to go round all
// is known.
TEST_F(Folder, GoesRoundAHundredThousandFiles) {
  constexpr int kFolders = 300, kFiles = 100'000, kLimit = 20'000;
  constexpr int kSteps = kFiles + kFolders + kFolders + 1;  // names, and folders that are opened
  constexpr int kRound = (kSteps + kLimit - 1) / kLimit;
  const auto folder = [](int i) { return "folder-" + std::to_string(i); };
  std::vector<int> folders;
  for (int i = 0; i < kFolders; ++i) {
    Make(folder(i));
    folders.push_back(open(At(folder(i)).c_str(), O_PATH | O_DIRECTORY));
    ASSERT_GE(folders.back(), 0);
  }
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "some-file-" + std::to_string(i) + ".json";
    ASSERT_EQ(mknodat(folders[i % kFolders], name.c_str(), S_IFREG | 0600, 0), 0);
  }
  for (const int fd : folders) close(fd);
  LetTheFileClockPass();

  int looked_at = 0;
  FileTakerOptions options = Options();
  options.max_entries = kLimit;
  options.birth = [&](std::uint64_t, std::uint64_t) {
    ++looked_at;
    return Birth();
  };
  FileTaker taker(options);
  FileSnapshot taken;
  int takes = 0;
  do {
    looked_at = 0;
    taken = taker.Take(kThorough, kForever);
    EXPECT_LE(looked_at, kLimit);
    EXPECT_GT(looked_at, kLimit / 2);
    EXPECT_GT(taken.left_out, 0);
    EXPECT_THAT(Told(taken), IsEmpty());
  } while (++takes < 100 && taken.names < kFiles);
  EXPECT_LE(takes, kRound + 1);
  EXPECT_EQ(taken.names, kFiles);

  std::set<std::string> expected;
  for (int i = 0; i < kFolders; ++i) {
    const std::string grown = folder(i) + "/some-file-" + std::to_string(i) + ".json";
    const std::string gone = folder(i) + "/some-file-" + std::to_string(kFolders + i) + ".json";
    Write(grown, "more");
    Remove(gone);
    Write(folder(i) + "/new");
    expected.insert({">" + grown, "-" + gone, "+" + folder(i) + "/new"});
  }
  std::set<std::string> told;
  for (int i = 0; i < kRound + 1; ++i) {
    looked_at = 0;
    taken = taker.Take(kThorough, kForever);
    EXPECT_LE(looked_at, kLimit);
    for (const std::string& each : Told(taken)) EXPECT_TRUE(told.insert(each).second) << each;
  }
  EXPECT_EQ(told, expected);
  EXPECT_EQ(taken.names, kFiles);
  EXPECT_EQ(taken.bytes, 4 * kFolders + kFolders);

  // The budget being enough, one Take sees all.
  std::filesystem::remove_all(At(folder(7)));
  options.max_entries = 1'000'000;
  FileTaker whole(options);
  taken = whole.Take({}, kForever);
  EXPECT_EQ(taken.left_out, 0);
  EXPECT_EQ(taken.names, kFiles - (kFiles + kFolders - 1 - 7) / kFolders);
}

}  // namespace
}  // namespace cleanslate
