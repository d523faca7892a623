#pragma once

// heap-growth of what never comes by malloc: a language's own small blocks. How many there are is followed
// from window to window, as series.h says; where they grow and no named variable has for some windows, lines
// are asked for, and what the watch has seen is told, once a watch, if no variable grew meanwhile. It isn't
// asked for often: each watch doubles the time to the next one.
//
// A line that renews what it leaves leaves something in each window, too. It is told apart by the whole: a
// line can't have left more than twice of what all blocks together have grown by.

#include <cstdint>
#include <optional>

#include "analysis/draft.h"
#include "analysis/series.h"
#include "probe/line.h"

namespace cleanslate {

class LineRules {
 public:
  static constexpr WindowNumber kFirstPause = 64;
  static constexpr WindowNumber kQuiet = 4;

  // Once a window, in order. `variables_grew`: a named variable, bounded or not, has more entries than
  // before.
  void Observe(WindowNumber window, const LineSnapshot& now, bool variables_grew, Drafts& drafts);

  // Whether the next boundary shall begin a watch.
  bool Wants() const { return wants_; }
  // While a watch is on, what Python allocates comes through one frame more: a stack that was first seen in
  // it is no news, and that it grows no evidence. Of the last Observe.
  bool Disturbs(WindowNumber first_seen) const { return disturbed_ && first_seen > began_; }

 private:
  void Tell(WindowNumber window, const LineSnapshot& now, Drafts& drafts) const;

  std::optional<Series> blocks_;
  bool wants_ = false;
  bool watching_ = false;
  bool disturbed_ = false;  // in the window that was observed last
  WindowNumber began_ = 0;
  std::optional<WindowNumber> variables_grew_at_;
  std::int64_t level_at_begin_ = 0;
  WindowNumber next_ = 0;
  WindowNumber pause_ = kFirstPause;
};

}  // namespace cleanslate
