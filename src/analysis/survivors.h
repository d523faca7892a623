#pragma once

// What a window left behind: the difference of the snapshots at its two ends.

#include <cstdint>
#include <string>
#include <vector>

#include "probe/line.h"
#include "probe/variable.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

enum class EntryChange : std::uint8_t { kAdded, kChanged, kRemoved };

struct EnvironmentChange {
  EnvironmentVariable variable;  // as it is now; as it was, when removed
  EntryChange change = EntryChange::kAdded;
};

struct AttributeChange {
  ProcessAttribute now;
  ProcessAttribute before;  // without a name where there was none
};

struct Survivors {
  WindowNumber window = 0;
  std::vector<HeapSite> heap;  // only sites with survivors, largest bytes first
  std::vector<MappingSite> mappings;
  std::vector<Descriptor>
      descriptors;  // open now, and either absent or another thing at the window's beginning
  std::vector<ChangedFile> files;
  std::vector<Thread> threads;         // running now, started in the window
  std::vector<ChildProcess> children;  // there now, started in the window
  std::vector<EnvironmentChange> environment;
  std::vector<AttributeChange> attributes;
  std::vector<Timer> timers;           // set in the window, or not there at its beginning
  std::vector<std::string> libraries;  // loaded in the window
  VariableSnapshot variables;          // as the probes say it: Diff leaves it empty
  LineSnapshot lines;                  // likewise
};

// Pure. `before` and `now` are consecutive boundaries of one process. The runtime client's own connections
// are not survivors.
Survivors Diff(const Snapshot& before, const Snapshot& now);

}  // namespace cleanslate
