#pragma once

// What a window left behind: the difference of the snapshots at its two ends.

#include <cstdint>
#include <string>
#include <vector>

#include "snapshot/snapshot.h"

namespace cleanslate {

enum class FileChange : std::uint8_t { kCreated, kGrown, kModified, kDeleted };

struct ChangedFile {
  FileEntry file;  // as it is now; as it was, when deleted
  FileChange change = FileChange::kCreated;
  std::int64_t bytes_before = 0;
};

struct Survivors {
  WindowNumber window = 0;
  std::vector<HeapSite> heap;  // only sites with survivors, largest bytes first
  std::vector<MappingSite> mappings;
  std::vector<Descriptor>
      descriptors;  // open now, and either absent or another thing at the window's beginning
  std::vector<ChangedFile> files;
};

// Pure. `before` and `now` are consecutive boundaries of one process. The runtime client's own connections
// are not survivors.
Survivors Diff(const Snapshot& before, const Snapshot& now);

}  // namespace cleanslate
