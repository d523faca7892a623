#pragma once

// What lies in the watched folders, /tmp above all, and what has changed there since the Take before. Names
// and attributes only; no file is opened.
//
// The walk never follows a symbolic link below the roots, never enters another file system, takes any bytes
// for a name, leaves access times alone where the kernel lets it (O_NOATIME), and skips what it may not read.
//
// Each name is compared with what was seen of it when it is looked at, and the totals are kept from Take to
// Take. The first only learns what is there: it tells of no change. A look costs a system call, so a later
// Take reads only folders whose times have moved, and looks only at names that are new or of another inode,
// at files that were opened to be written to or are open, at what has changed lately, and at some of the
// others in turn: a file that another process writes to is seen within known names / kLooksInTurn Takes. A
// thorough Take reads every folder and looks at every name.
//
// One Take stops looking at the deadline, checked every few names, or when it has told or seen as much as the
// options allow. A walk that was cut resumes at the next Take where it stopped, inside a large folder too,
// and goes round: each folder is read once before any is read again, so that N names are covered in N divided
// by a Take's names. What a Take did not reach has not changed as far as it knows, so it isn't deleted; what
// is reached for the first time late is marked `found_late`, so it isn't created. `left_out` counts the
// folders that were not reached and the names that do not fit into `max_known`.
//
// `since` says from when a change may be, where its name was not looked at in each Take.
//
// A path is told of twice when what it names went and came while the walk was under way.
//
// COLD; one thread at a time. The object holds state and no descriptor.

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "record/birth.h"
#include "snapshot/known_names.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

struct FileTakerOptions {
  std::vector<std::string> folders = {"/tmp"};  // a root may itself be a link, or missing
  std::size_t max_entries = 1'000'000;          // names met in one Take, if the deadline lets it
  std::size_t max_changed = 20'000;             // told in one Take, but for names that are deleted
  std::size_t max_known = 200'000;              // remembered over Takes: bounds memory
  int max_depth = 64;                           // of folders below a root
  std::function<Birth(std::uint64_t device, std::uint64_t inode)> birth;
  std::function<bool(std::uint64_t device, std::uint64_t inode)> excluded;  // files of our own
};

class FileTaker {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kLooksInTurn = 128;
  static constexpr std::uint32_t kTakesFollowed = 8;  // in which what has changed is looked at each time
  static constexpr std::uint32_t kTakesUnread = 16;   // in which a folder is read at least once

  struct Request {
    WindowNumber window = 0;                // that has just ended; each Take has a later one
    bool thorough = false;                  // others may have written: children
    std::span<const Descriptor> open = {};  // what is open now
  };

  explicit FileTaker(FileTakerOptions options);
  ~FileTaker();
  FileTaker(const FileTaker&) = delete;
  FileTaker& operator=(const FileTaker&) = delete;

  FileSnapshot Take(const Request& request, Clock::time_point deadline);

 private:
  struct Walk;
  struct Root {
    std::string path;
    WatchedFolder* folder = nullptr;  // null until the next Take when a folder that held it has gone
  };
  struct FileId {
    std::uint64_t device, inode;
    bool operator==(const FileId&) const = default;
    bool operator<(const FileId& other) const {
      return std::tie(device, inode) < std::tie(other.device, other.inode);
    }
  };
  struct HashOfFileId {
    std::size_t operator()(const FileId& id) const { return id.inode * 0x9E3779B97F4A7C15u ^ id.device; }
  };
  struct LinkedFile {
    std::int64_t names = 0, bytes = 0, allocated = 0;
  };

  WatchedFolder& Enroll(std::string path, std::size_t root, WatchedFolder* parent);
  WatchedFolder** RootAt(const std::string& path);
  bool Due(const KnownName& known) const;
  bool Unmoved(const WatchedFolder& folder, Walk& walk) const;
  void Visit(WatchedFolder& folder, Walk& walk);
  void Revisit(WatchedFolder& folder, Walk& walk);
  void Read(WatchedFolder& folder, Walk& walk);
  void Finish(WatchedFolder& folder, int fd, Walk& walk);
  bool Sweep(WatchedFolder& folder, int fd, Walk& walk);
  void Meet(WatchedFolder& folder, KnownName& known) const;
  void Note(WatchedFolder& folder, std::string_view name, std::uint32_t entry, const struct stat& status);
  void NoteFolder(WatchedFolder& folder, KnownName& known, bool walked, bool is_new);
  void Drop(const WatchedFolder& folder, const KnownName& known);  // the caller removes it
  void Empty(WatchedFolder& folder);
  void Forget(WatchedFolder& folder);
  void Gone(WatchedFolder& folder);
  void Fail(WatchedFolder& folder, bool failed);
  void Count(const KnownName& known);
  void Discount(const KnownName& known);
  void Tell(const WatchedFolder& folder, std::string_view name, const FileEntry* before,
            const FileEntry* now);
  void MeasureSpace(FileSnapshot& taken, std::span<const Descriptor> open);

  FileTakerOptions options_;
  Request request_;                  // of this Take
  std::vector<FileId> open_;         // sorted
  std::uint32_t takes_a_round_ = 1;  // in which each name has its turn
  std::vector<Root> roots_;
  // In the order in which they are to be visited; `visited_` holds those that this Take has been to.
  std::list<WatchedFolder> waiting_, visited_;
  std::unordered_map<FileId, LinkedFile, HashOfFileId> linked_;  // those of several names
  FileSnapshot totals_;                                          // as of what is known
  std::vector<ChangedFile> changed_;                             // in this Take
  std::size_t known_ = 0;                                        // names in all folders
  std::size_t failed_ = 0;                                       // folders whose last visit met an obstacle
  std::size_t finished_ = 0;                                     // folders that this Take knows all of
  std::int64_t refused_ = 0;  // names of this Take that did not fit, folders too deep
  std::uint32_t take_ = 0;
  std::int64_t first_take_ns_ = 0;  // comparable with st_ctim
  std::optional<std::int64_t> first_gap_;
};

}  // namespace cleanslate
