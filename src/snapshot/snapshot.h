#pragma once

// What one boundary saw: plain values, no pointers into the live process, so that analysis and tests can
// hold, copy and compare them freely. Takers (the other headers of this room) fill them within a budget;
// `left_out` counts what the budget cut.
//
// Windows: `born` is the window that an interposed call saw the birth in; 0 is the baseline or unknown.

#include <cstdint>
#include <string>
#include <vector>

#include "record/stack_id.h"

namespace cleanslate {

// All live blocks that came through one call stack.
struct HeapSite {
  StackId stack = StackId::kNone;
  std::int64_t survived_blocks = 0;  // born in the window just closed and alive at its end
  std::int64_t survived_bytes = 0;   // as the caller asked for, without the allocator's rounding
  std::int64_t live_blocks = 0;      // of every window since recording began
  std::int64_t live_bytes = 0;
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
  bool deleted = false;      // a file without a name: its bytes stay until the descriptor is closed
  std::int64_t bytes = 0;    // st_size of a file
  std::string local, peer;   // sockets: "tcp 127.0.0.1:41000", "unix /run/x.sock"; empty where there is none
  std::string state;         // TCP: "ESTABLISHED", "CLOSE_WAIT", ... as in proc(5)
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
  bool found_late = false;  // seen for the first time, but it may have been there: a budget had cut the walk
};

struct FileSnapshot {
  std::vector<FileEntry> entries;  // sorted by path
  std::int64_t bytes = 0;          // of regular files, each inode once
  std::int64_t left_out = 0;    // folders that the budget did not reach, and names beyond what is remembered
  std::int64_t unreadable = 0;  // folders that may not be read
};

struct ProcessSnapshot {
  std::int64_t threads = 0;  // without our own
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
  ProcessSnapshot process;
};

}  // namespace cleanslate
