#pragma once

// tmp-residue and tmp-growth: what is left in the watched folders.
//
// Files are counted by the pattern of their path, cut after the first folder whose name varies: all of a
// checkout in /tmp/repo-ab12/ belongs to /tmp/repo-*. So that names without a pattern (one a customer, say)
// are seen to accumulate too, names are also counted by folder and extension; that is reported only where no
// pattern in it grows.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analysis/draft.h"
#include "analysis/history.h"
#include "analysis/survivors.h"

namespace cleanslate {

// A folder may be shared with strangers, as /tmp is on a developer's machine. A file that no call of this
// process was seen to make or write is theirs, unless the process has had children, whose calls nobody sees:
// such a file is told of, but it is no evidence of growth. Births are kept by inode, and inodes are reused,
// so a file that is new but was born before it can have come is a stranger's too.

// The origin that a file is counted under.
std::string FileOrigin(const FileEntry& file);

class FileRules {
 public:
  explicit FileRules(std::size_t max_origins) : origins_(max_origins), folders_(max_origins) {}

  // `children`: the process has or had some.
  void Observe(WindowNumber window, const std::vector<ChangedFile>& files, bool children, Drafts& drafts);

  std::int64_t forgotten() const { return origins_.forgotten() + folders_.forgotten(); }

 private:
  // One origin in one window.
  struct Group {
    std::string folder;      // its folder and extension
    std::string local;       // the origin without the watched folder: the same in every environment
    std::int64_t count = 0;  // net change
    std::int64_t bytes = 0;
    std::int64_t left = 0;  // created or changed, and there
    std::int64_t left_bytes = 0;
    bool folders = false, files = false;  // what kinds are among those left
    const ChangedFile* example = nullptr;
    bool several = false;  // more than the example's path
  };

  bool IsOurs(const ChangedFile& changed);
  Draft DraftOf(const std::string& origin, const Group& group) const;

  std::unordered_set<std::string> strangers_;  // paths of files that only seem to have been seen made
  History<std::string> origins_;
  History<std::string> folders_;
  std::unordered_map<std::string, std::string> common_;  // by folder: what the names in it have in common
};

}  // namespace cleanslate
