#pragma once

// One boundary's snapshot of every kind of state that the options ask for, within their budget. COLD; one
// thread at a time.

#include <sys/stat.h>

#include <chrono>
#include <functional>

#include "base/options.h"
#include "snapshot/descriptor_taker.h"
#include "snapshot/environment_taker.h"
#include "snapshot/file_taker.h"
#include "snapshot/heap_taker.h"
#include "snapshot/loaded_modules.h"
#include "snapshot/orphan_taker.h"
#include "snapshot/snapshot.h"
#include "snapshot/static_taker.h"
#include "snapshot/thread_taker.h"

namespace cleanslate {

class SnapshotTaker {
 public:
  // `own_descriptor` names the one that is ours, or -1.
  SnapshotTaker(const Options& options, std::function<int()> own_descriptor);

  // `window` has been ended by Recorder::AdvanceWindow.
  Snapshot Take(WindowNumber window, std::chrono::steady_clock::time_point deadline);

  // Whether a variable holds what was said to the Runtime API or by it. At the last Take.
  bool HoldsTraffic(const std::string& path, std::uint64_t offset, std::size_t bytes) const;

 private:
  const std::vector<std::string>& Libraries();
  bool Wants(StateKind kind) const { return (state_ & kind) != 0; }

  std::uint32_t state_;
  std::function<int()> own_descriptor_;
  struct stat own_file_ = {};        // the file behind it
  std::int64_t ended_children_ = 0;  // at the last Take
  HeapTaker heap_;
  DescriptorTaker descriptors_;
  FileTaker files_;
  ThreadTaker threads_;
  OrphanTaker orphans_;
  EnvironmentTaker environment_;
  StaticTaker statics_;
  LoadedModules modules_;
  std::vector<std::string> libraries_;  // their paths, sorted
};

}  // namespace cleanslate
