#pragma once

// post-response-activity and stale-connection: what goes wrong because the environment is frozen between two
// invocations.
//
// Work after the response is told of once, and a warning when it comes again and again. A connection that its
// peer has closed is a warning as soon as an invocation sends something on it; where it only lies in its
// pool, when that recurs. A client that noticed and closed it has done nothing wrong.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/draft.h"
#include "analysis/recurrence.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class FreezeRules {
 public:
  explicit FreezeRules(std::size_t max_origins) : activities_(max_origins), stale_(max_origins) {}

  void Observe(const Snapshot& now, Drafts& drafts);

  std::int64_t forgotten() const { return activities_.forgotten() + stale_.forgotten(); }

 private:
  void ObserveActivities(WindowNumber window, const std::vector<Activity>& activities, Drafts& drafts);
  void ObserveConnections(WindowNumber window, const std::vector<StaleConnection>& stale, Drafts& drafts);

  Recurrence activities_;
  Recurrence stale_;
};

}  // namespace cleanslate
