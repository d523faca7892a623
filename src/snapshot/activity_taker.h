#pragma once

// What was noted while no invocation was in flight, in words: the notes know ids, the snapshot that is taken
// with them knows what these stand for. What is gone by now, and files outside of the watched folders, are
// left out: no name, no finding.
//
// COLD; one thread at a time.

#include <vector>

#include "record/recorder.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

// Empties the log. `now` is the snapshot of this boundary. The thread that asks for `next` is not told of:
// runtime clients start one for that.
std::vector<Activity> TakeActivity(ActivityLog& log, const Snapshot& now);

}  // namespace cleanslate
