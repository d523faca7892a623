#pragma once

// The heap at a boundary, out of the recorder's books: what the closed window left behind, by call stack, and
// how much of every window is alive. Exact: sums over all threads' shares, no sampling. Other threads go on
// meanwhile; what they do after AdvanceWindow() belongs to the next window.
//
// COLD; one thread at a time. The cost depends on the sites that the window touched and, where something
// survived, on the memory that its blocks were born in; not on the blocks that live.

#include <vector>

#include "record/recorder.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class HeapTaker {
 public:
  explicit HeapTaker(Recorder& recorder) : recorder_(recorder) {}

  // `window` has been ended by Recorder::AdvanceWindow. To be called once for each window, in order: it also
  // lets the recorder forget which window the survivors were born in.
  HeapSnapshot Take(WindowNumber window);

 private:
  struct Level {
    std::int64_t blocks = 0;
    std::int64_t bytes = 0;
    std::uint32_t stamp = 0;  // StampOf the window in which it was last touched
  };

  HeapSite Sum(StackId site, WindowNumber window) const;

  Recorder& recorder_;
  std::vector<Level> levels_;  // by site: alive when it was last touched
  Level total_;
};

// Mappings by call stack, largest first.
MappingSnapshot TakeMappings(Recorder& recorder, WindowNumber window);

}  // namespace cleanslate
