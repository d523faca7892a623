#pragma once

// What lies in the watched folders, /tmp above all. Names and attributes only; no file is opened.
//
// The walk never follows a symbolic link below the roots, never enters another file system, takes any bytes
// for a name, leaves access times alone where the kernel lets it (O_NOATIME), and skips what it may not read.
//
// One Take looks at `max_entries` names at most and stops looking at the deadline, checked every few names;
// what comes after it is a copy of what is known, about half a microsecond a name. A walk that was cut
// resumes at the next Take where it stopped, inside a large folder too, so that in a few windows all is
// covered. What this Take did not reach keeps the entries it had, so it doesn't look deleted; what is reached
// for the first time late is marked `found_late`, so it doesn't look created. `left_out` counts both what was
// not reached and what does not fit into `max_known`.
//
// COLD; one thread at a time. The object holds state and no descriptor.

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "record/birth.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

struct FileTakerOptions {
  std::vector<std::string> folders = {"/tmp"};  // a root may itself be a link, or missing
  std::size_t max_entries = 20000;              // looked at in one Take
  std::size_t max_known = 20000;                // remembered over Takes: bounds memory and the snapshot
  int max_depth = 64;                           // of folders below a root
  std::function<Birth(std::uint64_t device, std::uint64_t inode)> birth;
  std::function<bool(std::uint64_t device, std::uint64_t inode)> excluded;  // files of our own
};

class FileTaker {
 public:
  using Clock = std::chrono::steady_clock;

  explicit FileTaker(FileTakerOptions options);

  FileSnapshot Take(Clock::time_point deadline);

 private:
  struct Known {
    FileEntry entry;
    std::uint64_t links = 1;
    std::uint64_t pass = 0;  // of its folder, when it was last seen
  };
  struct Folder {
    std::string root;
    int depth = 0;
    bool is_new = false;             // its parent had been read before it was there
    bool failed = false;             // the last attempt met something that could not be read
    std::uint64_t last_take = 0;     // that finished a pass; 0: none has
    std::uint64_t last_attempt = 0;  // that began or resumed one
    std::uint64_t pass = 0;
    long resume_at = 0;                    // telldir(3) of an unfinished pass
    std::map<std::string, Known> entries;  // by name
  };
  struct Budget;

  void Enroll(const std::string& path, const std::string& root, int depth, bool is_new);
  void Forget(const std::string& path);  // a folder and those below it
  void Visit(const std::string& path, Folder& folder, Budget& budget);
  void Note(const std::string& folder_path, Folder& folder, const char* name, const struct stat& status,
            dev_t device);
  FileSnapshot Collect() const;
  void CollectFolder(const Folder& folder, FileSnapshot& taken) const;
  bool IsListed(const std::string& path, const Folder& folder) const;

  FileTakerOptions options_;
  std::map<std::string, Folder> folders_;  // by path
  std::deque<std::string> queue_;          // folders that this Take has still to visit
  std::size_t known_ = 0;                  // entries of all folders
  std::int64_t refused_ = 0;               // names of this Take that did not fit, folders too deep
  std::uint64_t take_ = 0;
  std::int64_t first_take_ns_ = 0;  // comparable with st_ctim
};

}  // namespace cleanslate
