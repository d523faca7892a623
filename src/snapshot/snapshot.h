#pragma once

// What one boundary saw: plain values, no pointers into the live process, so that analysis and tests can
// hold, copy and compare them freely. Takers (the other headers of this room) fill them within a budget;
// `left_out` counts what the budget cut.
//
// Windows: `born` is the window that an interposed call saw the birth in; 0 is the baseline or unknown.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/activity_kind.h"
#include "record/stack_id.h"

namespace cleanslate {

// All live blocks that came through one call stack.
struct HeapSite {
  StackId stack = StackId::kNone;
  std::int64_t survived_blocks = 0;  // born in the window just closed and alive at its end
  std::int64_t survived_bytes = 0;   // as the caller asked for, without the allocator's rounding
  std::int64_t live_blocks = 0;      // of every window since recording began
  std::int64_t live_bytes = 0;
  bool of_files = false;  // mappings, none of which takes memory by itself
};

struct HeapSnapshot {
  std::vector<HeapSite> sites;  // those touched in the window
  std::int64_t survived_blocks = 0;
  std::int64_t survived_bytes = 0;
  std::int64_t live_blocks = 0;
  std::int64_t live_bytes = 0;
};

// Anonymous and file mappings made by interposed mmap calls, by call stack; same meaning as HeapSite.
using MappingSite = HeapSite;

struct MappingSnapshot {
  std::vector<MappingSite> sites;
  std::int64_t live_bytes = 0;
};

enum class DescriptorKind : std::uint8_t {
  kFile,
  kDirectory,
  kPipe,
  kSocket,
  kEventPoll,
  kEventCounter,
  kTimer,
  kSignal,
  kFileWatch,
  kMemory,
  kProcess,
  kTerminal,
  kOther,
};

struct Descriptor {
  int fd = -1;
  DescriptorKind kind = DescriptorKind::kOther;
  std::string target;        // as /proc/self/fd shows it, without " (deleted)": a path, "socket:[123]",
                             // "pipe:[77]", "anon_inode:[eventpoll]"
  std::uint64_t device = 0;  // st_dev and st_ino: the identity of what is open
  std::uint64_t inode = 0;
  bool deleted = false;        // a file without a name: its bytes stay until the descriptor is closed
  std::int64_t bytes = 0;      // st_size of a file
  std::int64_t allocated = 0;  // what it takes of its file system: st_blocks
  std::string local, peer;  // sockets: "tcp 127.0.0.1:41000", "unix /run/x.sock"; empty where there is none
  std::string state;  // TCP: "ESTABLISHED", "CLOSE_WAIT", ... as in proc(5); a timer: "armed", "disarmed"
  bool runtime_api = false;  // the runtime client's own connection: never a finding
  WindowNumber born = 0;
  StackId stack = StackId::kNone;
};

struct DescriptorSnapshot {
  std::vector<Descriptor> open;  // by ascending fd
  std::int64_t limit = 0;        // RLIMIT_NOFILE, soft
  std::int64_t left_out = 0;
};

enum class FileType : std::uint8_t { kRegular, kDirectory, kSymlink, kSocket, kFifo, kOther };

// One name in a watched folder. Symbolic links are not followed.
struct FileEntry {
  std::string path;
  std::uint32_t root = 0;  // how many bytes of the path are the watched folder's
  FileType type = FileType::kRegular;
  std::int64_t bytes = 0;
  std::int64_t modified_ns = 0;  // st_mtim, since the epoch
  std::int64_t changed_ns = 0;   // st_ctim
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  WindowNumber born = 0;
  StackId stack = StackId::kNone;  // the last call that was seen to create or write it
  // The first window in which it may have become what it is: the one behind that of the look before.
  WindowNumber since = 0;
  bool found_late = false;  // seen for the first time, but it may have been there: a budget had cut the walk
};

enum class FileChange : std::uint8_t { kCreated, kGrown, kModified, kDeleted };

struct ChangedFile {
  FileEntry file;  // as it is now; as it was, when deleted
  FileChange change = FileChange::kCreated;
  std::int64_t bytes_before = 0;
};

struct FileSnapshot {
  std::vector<ChangedFile> changed;  // since the boundary before, sorted by path; none at the first
  std::int64_t names = 0;            // that are there and aren't folders'
  std::int64_t bytes = 0;            // of regular files, each inode once
  std::int64_t left_out = 0;    // folders that the budget did not reach, and names beyond what is remembered
  std::int64_t unreadable = 0;  // folders that may not be read
  // Of the first watched folder's file system: statvfs(3). 0: unknown.
  std::int64_t space = 0;
  std::int64_t free_space = 0;
  std::string folder;            // the first watched
  bool own_file_system = false;  // it holds nothing but that folder
  std::int64_t allocated = 0;    // what the files and folders take (st_blocks), each inode once
  // What is used there, beyond what it was at first, and no name's or open descriptor's. Known where the file
  // system is the folder's own and each name was looked at in this Take.
  std::optional<std::int64_t> unaccounted;
};

// A thread of this process.
struct Thread {
  std::int64_t tid = 0;
  std::uint64_t started = 0;       // ticks since boot (proc(5), starttime): with the id, its identity
  std::string name;                // as the kernel keeps it, 15 bytes at most
  StackId start = StackId::kNone;  // one frame: the function that it was started with
  WindowNumber born = 0;
  StackId stack = StackId::kNone;  // of the call that started it
  bool asks = false;  // it asks for `next`: the runtime client's own, which may have started it for that
};

struct ThreadSnapshot {
  std::vector<Thread> threads;  // by ascending id
  std::int64_t left_out = 0;
};

// A descendant of this process: running, or ended and not yet waited for.
struct ChildProcess {
  std::int64_t pid = 0;
  std::uint64_t started = 0;  // as a thread's
  std::string command;        // its name as the kernel keeps it, 15 bytes at most
  bool ended = false;
  WindowNumber born = 0;
  StackId stack = StackId::kNone;
};

struct ChildSnapshot {
  std::vector<ChildProcess> children;  // by ascending id
  std::int64_t left_out = 0;
};

// An environment variable. Its value is never kept, only whether it is still the same.
struct EnvironmentVariable {
  std::string name;
  std::uint64_t mark = 0;  // of the value, under a key that this process drew
  WindowNumber born = 0;   // when an interposed call last set it
  StackId stack = StackId::kNone;
};

struct EnvironmentSnapshot {
  std::vector<EnvironmentVariable> variables;  // sorted by name; of several with one name, the first
  std::int64_t left_out = 0;
};

enum class AttributeKind : std::uint8_t {
  kWorkingDirectory,
  kUmask,
  kLocale,
  kSignalHandler,
  kResourceLimit,
};

// What this process is, beside what it holds.
struct ProcessAttribute {
  AttributeKind kind = AttributeKind::kWorkingDirectory;
  std::string name;   // "working-directory", "umask", "locale LC_TIME", "signal SIGTERM", "limit nofile"
  std::string value;  // "/srv", "0022", "C.UTF-8", "default", "ignored", "handled", "1024 of 4096"
  StackId code = StackId::kNone;  // a signal's handler: one frame
  WindowNumber born = 0;          // when an interposed call last set it
  StackId stack = StackId::kNone;
};

// A timer that will go off: setitimer(2), timer_create(2). Those with a descriptor are descriptors.
struct Timer {
  std::string name;  // "interval timer real", "timer 0"
  WindowNumber born = 0;
  StackId stack = StackId::kNone;
};

// A stretch of a writable segment whose bytes are others than at the boundary before.
struct StaticRange {
  std::string path;          // of the program or library
  std::uint64_t offset = 0;  // address as the file has it, before the loader moved it
  std::int64_t bytes = 0;
  bool text = false;  // words that people read are in it
};

struct StaticSnapshot {
  std::vector<StaticRange> changed;  // by path and offset
  std::int64_t compared = 0;         // bytes
  std::int64_t left_out = 0;         // bytes that the budget did not reach
};

// What happened while no invocation was in flight, after the first had been answered.
struct Activity {
  ActivityKind kind = ActivityKind::kFile;
  std::string what;  // a path, a peer, a command, an attribute; empty where it is gone
  std::int64_t times = 0;
  StackId stack = StackId::kNone;
};

// A connection of the boundary before that its peer had closed when `next` brought an invocation.
struct StaleConnection {
  int fd = -1;
  std::string peer;
  bool used = false;  // the invocation sent something on it
  bool kept = false;  // it is still open at the window's end
  StackId stack = StackId::kNone;
};

struct ProcessSnapshot {
  std::string name;             // as the kernel keeps it: that of threads that were given none
  std::int64_t threads = 0;     // without our own
  std::int64_t task_limit = 0;  // threads and processes that there may be; 0: unknown
  std::int64_t rss_bytes = 0;
  bool has_children = false;        // running, or ended and not yet waited for
  std::int64_t ended_children = 0;  // grows whenever a child has been waited for; says nothing else
};

struct Snapshot {
  WindowNumber window = 0;
  HeapSnapshot heap;
  MappingSnapshot mappings;
  DescriptorSnapshot descriptors;
  FileSnapshot files;
  ThreadSnapshot threads;
  ChildSnapshot children;
  EnvironmentSnapshot environment;
  std::vector<ProcessAttribute> attributes;  // sorted by name
  std::vector<Timer> timers;                 // sorted by name
  std::vector<std::string> libraries;        // paths of what is loaded, sorted
  StaticSnapshot statics;
  std::vector<Activity> after_response;  // since the boundary before
  std::vector<StaleConnection> stale;
  ProcessSnapshot process;
};

}  // namespace cleanslate
