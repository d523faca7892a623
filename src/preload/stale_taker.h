#pragma once

// What became of the connections that StaleConnections found dead. COLD; one thread at a time.

#include <vector>

#include "preload/stale_connections.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

// At a boundary: `window` has ended, its descriptors were `before` at its beginning. Those of `now` are asked
// about next. Each connection is told of once.
std::vector<StaleConnection> TakeStale(StaleConnections& connections, WindowNumber window,
                                       const DescriptorSnapshot& before, const DescriptorSnapshot& now);

}  // namespace cleanslate
