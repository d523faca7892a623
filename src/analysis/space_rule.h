#pragma once

// tmp-growth of what has no name: bytes of the watched folder's file system that no file in it accounts for.
// Files that were deleted while another process, or a mapping, still holds them, above all; those that this
// process holds by a descriptor are the descriptor rules' matter.

#include "analysis/draft.h"
#include "analysis/series.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class SpaceRule {
 public:
  void Observe(WindowNumber window, const FileSnapshot& files, Drafts& drafts);

 private:
  Series series_{0, {}};
};

}  // namespace cleanslate
