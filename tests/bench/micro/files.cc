// bench_files FILES FOLDERS TAKES: makes so many files in so many folders of a temporary folder, lets a
// FileTaker look at them again and again, and prints the median microseconds of processor time of a look: the
// first, one when nothing has changed, and one when one file in a hundred was written to. Beside them stands
// what the system calls alone take that no look can do without.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "record/birth_table.h"
#include "snapshot/file_taker.h"

namespace {

using cleanslate::FileTaker;
using Clock = FileTaker::Clock;

cleanslate::BirthTable<16384> births;

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double ProcessorTime() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double SystemCallsAlone(const std::string& root, int folders) {
  const double start = ProcessorTime();
  struct stat status = {};
  for (int i = 0; i < folders; ++i) {
    DIR* const folder = opendir((root + "/folder-" + std::to_string(i)).c_str());
    while (const dirent* const entry = readdir(folder))
      fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
    closedir(folder);
  }
  return ProcessorTime() - start;
}

double Look(FileTaker& taker, std::size_t& changed) {
  const double start = ProcessorTime();
  const cleanslate::FileSnapshot taken = taker.Take({.thorough = true}, Clock::time_point::max());
  const double took = ProcessorTime() - start;
  changed = taken.changed.size();
  return took;
}

void Append(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, "x", 1) != 1) std::perror(path.c_str());
  close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_files FILES FOLDERS TAKES\n");
    return 2;
  }
  const int files = std::atoi(argv[1]), folders = std::atoi(argv[2]), takes = std::atoi(argv[3]);
  char root[] = "/tmp/bench-files-XXXXXX";
  if (mkdtemp(root) == nullptr) return 1;
  std::vector<std::string> paths;
  for (int i = 0; i < folders; ++i)
    std::filesystem::create_directory(root + ("/folder-" + std::to_string(i)));
  for (int i = 0; i < files; ++i) {
    paths.push_back(root + ("/folder-" + std::to_string(i % folders)) + "/some-file-" + std::to_string(i) +
                    ".json");
    Append(paths.back());
  }

  const auto taker = [&] {
    cleanslate::FileTakerOptions options;
    options.folders = {root};
    options.max_entries = options.max_known = std::size_t{1} << 30;
    options.birth = [](std::uint64_t device, std::uint64_t inode) {
      return births.Get(device << 40 ^ inode);
    };
    options.excluded = [](std::uint64_t, std::uint64_t inode) { return inode == 0; };
    return FileTaker(options);
  };
  std::vector<double> first, unchanged, changed, alone;
  std::size_t count = 0;
  for (int i = 0; i < std::max(3, takes / 10); ++i) {
    FileTaker fresh = taker();
    first.push_back(Look(fresh, count));
  }
  FileTaker watching = taker();
  Look(watching, count);
  for (int i = 0; i < takes; ++i) {
    alone.push_back(SystemCallsAlone(root, folders));
    unchanged.push_back(Look(watching, count));
  }
  for (int i = 0; i < takes; ++i) {
    for (std::size_t each = i % 100; each < paths.size(); each += 100) Append(paths[each]);
    changed.push_back(Look(watching, count));
  }
  std::printf(
      "%d files in %d folders: first %.0f us, unchanged %.0f us, 1%% changed %.0f us (%zu told), calls alone "
      "%.0f us\n",
      files, folders, Median(first), Median(unchanged), Median(changed), count, Median(alone));
  std::filesystem::remove_all(root);
  return 0;
}
