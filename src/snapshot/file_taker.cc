#include "snapshot/file_taker.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <optional>
#include <set>
#include <utility>

#include "base/raw_io.h"
#include "snapshot/file_change.h"
#include "snapshot/folder_reader.h"

namespace cleanslate {
namespace {

constexpr std::size_t kEntriesBetweenClockReads = 32;
constexpr std::int64_t kBytesPerBlock = 512;  // of st_blocks, whatever the file system's are

std::int64_t Nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The coarse clock is the one that the kernel stamps files with.
std::int64_t FileClockNow() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return Nanoseconds(now);
}

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string Joined(const std::string& folder, std::string_view name) {
  std::string path;
  path.reserve(folder.size() + 1 + name.size());
  path = folder;
  if (path != "/") path += '/';
  return path += name;
}

bool MeansGone(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV;
}

FileType TypeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  if (S_ISSOCK(mode)) return FileType::kSocket;
  if (S_ISFIFO(mode)) return FileType::kFifo;
  return FileType::kOther;
}

bool SameFile(const KnownName& a, const KnownName& b) {
  return a.inode == b.inode && a.device == b.device;
}

bool SameStatus(const KnownName& a, const KnownName& b) {
  return SameFile(a, b) && a.type == b.type && a.bytes == b.bytes && a.allocated == b.allocated &&
         a.modified_ns == b.modified_ns && a.changed_ns == b.changed_ns && a.linked == b.linked;
}

// Folders give 64 bits; that an inode is another is all that is asked. 0 where the file system says none:
// FUSE has a number for that (FUSE_UNKNOWN_INO).
std::uint32_t Folded(std::uint64_t inode) {
  constexpr std::uint64_t kUnknown = 0xffffffff;
  if (inode == kUnknown) return 0;
  return static_cast<std::uint32_t>(inode ^ inode >> 32);
}

// Without its path: most are compared and never told of.
FileEntry EntryOf(const KnownName& known, WindowNumber since) {
  FileEntry entry;
  entry.type = known.type;
  entry.bytes = known.bytes;
  entry.modified_ns = known.modified_ns;
  entry.changed_ns = known.changed_ns;
  entry.device = known.device;
  entry.inode = known.inode;
  entry.born = known.born;
  entry.stack = known.stack;
  entry.since = since;
  entry.found_late = known.found_late;
  return entry;
}

}  // namespace

struct WatchedFolder {
  std::string path;
  std::size_t root = 0;             // which of the roots it belongs to
  WatchedFolder* parent = nullptr;  // whose names include it; null: a root
  std::list<WatchedFolder>::iterator self;
  int depth = 0;
  bool is_new = false;             // its parent had been read before it was there
  bool complete = false;           // all of it was known once: what isn't known has come since
  bool failed = false;             // the last visit met something that could not be read
  bool unfinished = false;         // the last visit was cut
  bool resumed = false;            // the pass is one that had been cut
  bool refused = false;            // the pass met names that did not fit
  std::uint32_t last_take = 0;     // that knew all of it; 0: none has
  std::uint32_t last_attempt = 0;  // that began or resumed one
  std::uint32_t pass = 0;          // the Take that began the pass
  std::size_t seen = 0;            // how many of the names the pass has met
  long position = 0;               // of an unfinished pass
  WindowNumber pass_window = 0;    // at whose end the pass began
  WindowNumber known_in = 0;       // once `complete`, or when it is new: what isn't known has come later
  bool times_hold = false;         // while its times are these, its names are those that are known
  bool times_tell = false;         // of the pass: they are old enough for any later change to move them
  std::int64_t modified_ns = 0, changed_ns = 0;
  std::uint64_t device = 0, inode = 0;
  std::size_t next_name = 0;  // of a revisit that was cut
  KnownNames names;

  WindowNumber NamesSince() const { return is_new || complete ? known_in + 1 : 0; }
};

struct FileTaker::Walk {
  Walk(const FileTakerOptions& options, Clock::time_point deadline, const std::vector<ChangedFile>& told)
      : entries(options.max_entries), changed(options.max_changed), deadline(deadline), told(told) {}

  const std::size_t entries, changed;
  const Clock::time_point deadline;
  const std::vector<ChangedFile>& told;
  std::vector<OpenRoot> roots;
  FolderReader reader;
  std::size_t used = 0;
  std::size_t next_clock_read = kEntriesBetweenClockReads;
  bool spent = false;
  WatchedFolder* cut = nullptr;

  // Asked before each step. The first few steps are always granted, so that a walk gets on under any
  // deadline.
  bool Spent() {
    if (used >= entries || told.size() >= changed) spent = true;
    if (!spent && used >= next_clock_read) {
      next_clock_read = used + kEntriesBetweenClockReads;
      spent = Clock::now() >= deadline;
    }
    return spent;
  }
  void Cut(WatchedFolder& folder, long position) {
    folder.unfinished = true;
    folder.position = position;
    cut = &folder;
  }
};

FileTaker::FileTaker(FileTakerOptions options) : options_(std::move(options)) {
  for (std::string& given : options_.folders) {
    std::string path = WithoutTrailingSlashes(std::move(given));
    if (!path.empty() && RootAt(path) == nullptr) roots_.push_back({std::move(path)});
  }
}

FileTaker::~FileTaker() = default;

WatchedFolder** FileTaker::RootAt(const std::string& path) {
  for (Root& root : roots_)
    if (root.path == path) return &root.folder;
  return nullptr;
}

WatchedFolder& FileTaker::Enroll(std::string path, std::size_t root, WatchedFolder* parent) {
  WatchedFolder& folder = waiting_.emplace_back();
  folder.path = std::move(path);
  folder.root = root;
  folder.parent = parent;
  folder.self = std::prev(waiting_.end());
  folder.depth = parent == nullptr ? 0 : parent->depth + 1;
  return folder;
}

void FileTaker::Fail(WatchedFolder& folder, bool failed) {
  failed_ -= folder.failed;
  failed_ += failed;
  folder.failed = failed;
}

void FileTaker::Count(const KnownName& known) {
  if (known.type != FileType::kDirectory) ++totals_.names;
  totals_.allocated += known.allocated;
  if (known.type != FileType::kRegular) return;
  totals_.bytes += known.bytes;
  if (!known.linked) return;
  LinkedFile& file = linked_[{known.device, known.inode}];
  totals_.bytes -= file.bytes;  // what was seen last counts
  totals_.allocated -= file.allocated;
  file = {file.names + 1, known.bytes, known.allocated};
}

void FileTaker::Discount(const KnownName& known) {
  if (known.type != FileType::kDirectory) --totals_.names;
  if (!known.linked) {
    totals_.allocated -= known.allocated;
    if (known.type == FileType::kRegular) totals_.bytes -= known.bytes;
    return;
  }
  const auto at = linked_.find({known.device, known.inode});
  if (at == linked_.end() || --at->second.names > 0) return;
  totals_.bytes -= at->second.bytes;
  totals_.allocated -= at->second.allocated;
  linked_.erase(at);
}

void FileTaker::Tell(const WatchedFolder& folder, std::string_view name, const FileEntry* before,
                     const FileEntry* now) {
  if (take_ == 1) return;
  const std::optional<FileChange> change = ChangeOf(before, now);
  if (!change) return;
  ChangedFile& told = changed_.emplace_back();
  told.file = now != nullptr ? *now : *before;
  told.file.path = Joined(folder.path, name);
  told.file.root = static_cast<std::uint32_t>(roots_[folder.root].path.size());
  told.change = *change;
  told.bytes_before = before != nullptr ? before->bytes : 0;
}

void FileTaker::Drop(const WatchedFolder& folder, const KnownName& known) {
  --known_;
  Discount(known);
  const std::string_view name = folder.names.NameOf(known);
  const FileEntry before = EntryOf(known, known.looked + 1);
  Tell(folder, name, &before, nullptr);
  if (known.folder != nullptr) {
    Forget(*known.folder);
  } else if (known.type == FileType::kDirectory && roots_.size() > 1) {
    WatchedFolder** const root = RootAt(Joined(folder.path, name));
    if (root != nullptr && *root != nullptr) Forget(**root);
  }
}

void FileTaker::Empty(WatchedFolder& folder) {
  folder.names.RemoveIf([&](const KnownName& known) {
    Drop(folder, known);
    return true;
  });
}

void FileTaker::Forget(WatchedFolder& folder) {
  Empty(folder);
  if (folder.last_take == take_) --finished_;
  Fail(folder, false);
  if (folder.parent == nullptr) roots_[folder.root].folder = nullptr;
  (folder.last_attempt == take_ ? visited_ : waiting_).erase(folder.self);
}

// A visit has found nothing there, or another thing.
void FileTaker::Gone(WatchedFolder& folder) {
  if (folder.parent != nullptr) {
    const std::string_view path = folder.path;
    if (KnownName* const known = folder.parent->names.Find(path.substr(path.rfind('/') + 1)))
      known->folder = nullptr;
    Forget(folder);
    return;
  }
  Empty(folder);
  folder.unfinished = false;
  folder.complete = true;
  folder.known_in = request_.window;
  folder.last_take = take_;
  ++finished_;
}

void FileTaker::NoteFolder(WatchedFolder& folder, KnownName& known, bool walked, bool is_new) {
  if (walked && known.folder != nullptr) return;
  const std::string path = Joined(folder.path, folder.names.NameOf(known));
  if (WatchedFolder** const root = RootAt(path)) {
    if (!walked && *root != nullptr) Forget(**root);
    return;
  }
  if (!walked) {
    if (known.folder != nullptr) Forget(*std::exchange(known.folder, nullptr));
  } else if (folder.depth + 1 > options_.max_depth) {
    ++refused_;
  } else {
    known.folder = &Enroll(path, folder.root, &folder);
    known.folder->is_new = is_new;
    known.folder->known_in = folder.known_in;
  }
}

void FileTaker::Meet(WatchedFolder& folder, KnownName& known) const {
  if (known.met < folder.pass) ++folder.seen;
  known.met = take_;
}

void FileTaker::Note(WatchedFolder& folder, std::string_view name, std::uint32_t entry,
                     const struct stat& status) {
  KnownName* known = folder.names.Find(name);
  const bool first_sight = known == nullptr;
  if (first_sight) {
    if (known_ >= options_.max_known) {
      ++refused_;
      folder.refused = true;
      return;
    }
    ++known_;
    known = &folder.names.Add(name);
  }
  Meet(folder, *known);

  const WindowNumber since = first_sight ? folder.NamesSince() : known->looked + 1;
  KnownName now = *known;
  now.looked = request_.window;
  now.entry = entry;
  now.type = TypeOf(status.st_mode);
  now.bytes = status.st_size;
  now.allocated = std::int64_t{status.st_blocks} * kBytesPerBlock;
  now.modified_ns = Nanoseconds(status.st_mtim);
  now.changed_ns = Nanoseconds(status.st_ctim);
  now.device = status.st_dev;
  now.inode = status.st_ino;
  now.linked = now.type == FileType::kRegular && status.st_nlink > 1;
  // What changed after the first Take did so while we watched, whenever it is found.
  if (first_sight)
    now.found_late = take_ > 1 && !folder.complete && !folder.is_new && now.changed_ns < first_take_ns_;
  // Asked for even where nothing has changed: a file that was opened to be written to is ours from then on.
  const Birth birth = options_.birth ? options_.birth(now.device, now.inode) : Birth();
  // A birth that is no longer on record was still seen.
  const bool known_birth = birth.window != 0 || birth.stack != StackId::kNone;
  if (known_birth || first_sight || !SameFile(now, *known)) {
    now.born = birth.window;
    now.stack = birth.stack;
  }

  const bool was_folder = !first_sight && known->type == FileType::kDirectory;
  const bool walked = now.type == FileType::kDirectory && now.device == folder.device;
  if (first_sight || !SameStatus(*known, now)) {
    if (!first_sight) Discount(*known);
    Count(now);
    if (take_ > 1) now.followed_until = take_ + kTakesFollowed;
    const FileEntry before = EntryOf(*known, since), after = EntryOf(now, since);
    Tell(folder, name, first_sight ? nullptr : &before, &after);
  }
  *known = now;
  if (was_folder || walked)
    NoteFolder(folder, *known, walked, first_sight && (folder.is_new || folder.complete));
}

// Whether a name that is known may have become something else, or has its turn.
bool FileTaker::Due(const KnownName& known) const {
  if (request_.thorough || take_ < known.followed_until) return true;
  if ((KnownNames::HashOf(known) + take_) % takes_a_round_ == 0) return true;
  if (options_.birth && options_.birth(known.device, known.inode).window > known.looked) return true;
  return std::binary_search(open_.begin(), open_.end(), FileId{known.device, known.inode});
}

bool FileTaker::Unmoved(const WatchedFolder& folder, Walk& walk) const {
  if (!folder.times_hold || request_.thorough || take_ - folder.pass >= kTakesUnread) return false;
  struct stat status = {};
  return walk.roots[folder.root].Look(folder.path, status) == 0 && status.st_dev == folder.device &&
         status.st_ino == folder.inode && Nanoseconds(status.st_mtim) == folder.modified_ns &&
         Nanoseconds(status.st_ctim) == folder.changed_ns;
}

void FileTaker::Visit(WatchedFolder& folder, Walk& walk) {
  visited_.splice(visited_.end(), waiting_, folder.self);
  folder.last_attempt = take_;
  Fail(folder, false);
  ++walk.used;
  if (Unmoved(folder, walk))
    Revisit(folder, walk);
  else
    Read(folder, walk);
}

// Its names are known; looks at those that are due.
void FileTaker::Revisit(WatchedFolder& folder, Walk& walk) {
  FileDescriptor fd;
  struct stat status = {};
  for (; folder.next_name < folder.names.size(); ++folder.next_name) {
    if (walk.Spent()) {
      walk.cut = &folder;
      return;
    }
    ++walk.used;
    const KnownName& known = folder.names.at(folder.next_name);
    if (!Due(known)) continue;
    const std::string_view name = folder.names.NameOf(known);
    if (!fd.is_open()) fd = walk.roots[folder.root].Open(folder.path, status);
    if (!fd.is_open() || raw::LStatAt(fd.get(), name.data(), &status) < 0) {
      folder.times_hold = false;  // it moves just now
      break;
    }
    Note(folder, name, known.entry, status);
  }
  folder.next_name = 0;
  folder.known_in = request_.window;
  folder.last_take = take_;
  ++finished_;
}

void FileTaker::Read(WatchedFolder& folder, Walk& walk) {
  const std::int64_t clock = FileClockNow();
  struct stat status = {};
  const FileDescriptor fd = walk.roots[folder.root].Open(folder.path, status);
  folder.times_hold = false;
  folder.next_name = 0;
  if (!fd.is_open()) {
    if (MeansGone(fd.error()))
      Gone(folder);
    else
      Fail(folder, true);
    return;
  }
  folder.resumed = std::exchange(folder.unfinished, false);
  if (!folder.resumed) {
    folder.pass = take_;
    folder.pass_window = request_.window;
    folder.seen = 0;
    folder.refused = false;
    folder.position = 0;
    folder.device = status.st_dev;
    folder.inode = status.st_ino;
    folder.modified_ns = Nanoseconds(status.st_mtim);
    folder.changed_ns = Nanoseconds(status.st_ctim);
    // Whatever changes in the tick of a change before leaves the same time.
    folder.times_tell = std::max(folder.modified_ns, folder.changed_ns) < clock;
  }
  FolderReader& reader = walk.reader;
  reader.Start(fd.get(), folder.position);
  long position = folder.position;
  while (const char* const name = reader.Next()) {
    if (walk.Spent()) return walk.Cut(folder, position);
    ++walk.used;
    position = reader.position();
    const std::uint32_t entry = Folded(reader.inode());
    if (KnownName* const known = folder.names.Find(name)) {
      if (known->met == take_) continue;  // a folder that changes while it is read may give a name twice
      if (entry != 0 && known->entry == entry && !Due(*known)) {
        Meet(folder, *known);
        continue;
      }
    }
    if (const long failed = raw::LStatAt(fd.get(), name, &status); failed < 0) {
      if (failed != -ENOENT) Fail(folder, true);
      continue;
    }
    if (options_.excluded && options_.excluded(status.st_dev, status.st_ino)) continue;
    Note(folder, name, entry, status);
  }
  if (reader.error() != 0) Fail(folder, true);
  if (folder.failed) return;  // what could not be read is not gone
  Finish(folder, fd.get(), walk);
}

void FileTaker::Finish(WatchedFolder& folder, int fd, Walk& walk) {
  if (!Sweep(folder, fd, walk)) return walk.Cut(folder, walk.reader.position());
  folder.last_take = take_;
  ++finished_;
  if (folder.refused) return;
  folder.complete = true;
  folder.known_in = folder.pass_window;
  folder.times_hold = folder.times_tell;
}

// Removes the names that the pass has not met. False when the budget ended before all were judged.
bool FileTaker::Sweep(WatchedFolder& folder, int fd, Walk& walk) {
  if (folder.seen >= folder.names.size()) return true;
  bool judged = true;
  folder.names.RemoveIf([&](const KnownName& known) {
    if (known.met >= folder.pass) return false;
    if (folder.resumed) {
      // Where one stopped to read may be another place by now, on file systems that number their names.
      judged = judged && !walk.Spent();
      if (!judged) return false;
      ++walk.used;
      struct stat status = {};
      if (raw::LStatAt(fd, folder.names.NameOf(known).data(), &status) != -ENOENT) return false;
    }
    Drop(folder, known);
    return true;
  });
  return judged;
}

void FileTaker::MeasureSpace(FileSnapshot& taken, std::span<const Descriptor> open) {
  if (roots_.empty()) return;
  const std::string& path = taken.folder = roots_.front().path;
  struct statvfs system = {};
  struct stat here = {}, above = {};
  if (statvfs(path.c_str(), &system) == 0) {
    // What only the superuser may fill is no space.
    taken.space =
        static_cast<std::int64_t>((system.f_blocks - system.f_bfree + system.f_bavail) * system.f_frsize);
    taken.free_space = static_cast<std::int64_t>(system.f_bavail * system.f_frsize);
  }
  if (stat(path.c_str(), &here) == 0 && stat((path + "/..").c_str(), &above) == 0)
    taken.own_file_system = here.st_dev != above.st_dev;
  const bool whole = takes_a_round_ == 1 || request_.thorough;
  if (!whole || !taken.own_file_system || taken.space == 0 || taken.left_out + taken.unreadable > 0) return;
  std::int64_t gap = taken.space - taken.free_space - taken.allocated;
  std::set<std::uint64_t> deleted;
  for (const Descriptor& each : open)
    if (each.deleted && each.device == here.st_dev && deleted.insert(each.inode).second)
      gap -= each.allocated;
  if (!first_gap_) first_gap_ = gap;
  taken.unaccounted = std::max<std::int64_t>(0, gap - *first_gap_);
}

FileSnapshot FileTaker::Take(const Request& request, Clock::time_point deadline) {
  if (++take_ == 1) first_take_ns_ = FileClockNow();
  request_ = {request.window, request.thorough, {}};
  open_.clear();
  for (const Descriptor& open : request.open)
    if (open.kind == DescriptorKind::kFile) open_.push_back({open.device, open.inode});
  std::sort(open_.begin(), open_.end());
  takes_a_round_ = static_cast<std::uint32_t>(1 + known_ / kLooksInTurn);
  refused_ = 0;
  finished_ = 0;
  changed_.clear();
  Walk walk(options_, deadline, changed_);
  for (std::size_t i = 0; i < roots_.size(); ++i) {
    if (roots_[i].folder == nullptr) roots_[i].folder = &Enroll(roots_[i].path, i, nullptr);
    walk.roots.emplace_back(roots_[i].path);
  }

  // What is discovered on the way comes last.
  while (!waiting_.empty() && !walk.Spent()) Visit(waiting_.front(), walk);
  if (walk.cut != nullptr) waiting_.splice(waiting_.begin(), visited_, walk.cut->self);
  waiting_.splice(waiting_.end(), visited_);

  FileSnapshot taken = totals_;
  taken.unreadable = static_cast<std::int64_t>(failed_);
  taken.left_out = refused_ + static_cast<std::int64_t>(waiting_.size() - failed_ - finished_);
  MeasureSpace(taken, request.open);
  std::stable_sort(changed_.begin(), changed_.end(),
                   [](const ChangedFile& a, const ChangedFile& b) { return a.file.path < b.file.path; });
  taken.changed = std::exchange(changed_, {});
  return taken;
}

}  // namespace cleanslate
