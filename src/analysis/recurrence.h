#pragma once

// What happens anew in window after window, whatever becomes of it in between: a variable set to another
// value, a thread started and left behind, a write after the response. The events of each origin are summed
// up over the windows, and whether that sum grows is judged as series.h says: in each of the last four
// windows, or at even distances, or in the long run. What happens once, or in the cold start, is no evidence.

#include <cstddef>
#include <cstdint>
#include <string>

#include "analysis/history.h"
#include "analysis/series.h"

namespace cleanslate {

class Recurrence {
 public:
  explicit Recurrence(std::size_t max_origins) : sums_(max_origins) {}

  struct Verdict {
    Growth growth;           // pattern kGrowing: it recurs
    std::int64_t times = 0;  // events since the beginning
    WindowNumber first_seen = 0;
    bool recurs() const { return growth.pattern == Pattern::kGrowing; }
  };

  // `events` of `origin` in this window, which must not be earlier than those before. Once a window and
  // origin.
  Verdict Observe(WindowNumber window, const std::string& origin, std::int64_t events = 1);

  std::int64_t forgotten() const { return sums_.forgotten(); }

 private:
  History<std::string> sums_;
};

}  // namespace cleanslate
