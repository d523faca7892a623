#pragma once

// The processes below one, as /proc shows them.

#include <sys/types.h>

#include <vector>

namespace cleanslate {

// All descendants of `root`, parents first, `root` left out. A process that is born meanwhile may be missed.
std::vector<pid_t> Descendants(pid_t root);

// Stops and continues all descendants, as the freeze between invocations does.
void StopDescendants(pid_t root);
void ContinueDescendants(pid_t root);

}  // namespace cleanslate
