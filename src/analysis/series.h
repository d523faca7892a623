#pragma once

// How the live amount of one origin moves from window to window, and whether that is growth. All judgement of
// time is made here; the rules only count and name.
//
// A rise is a window at whose end more is alive than at its beginning. Window 1 (and 0) is the cold start:
// what is set up there is no evidence. Growth is called, always in a window that itself rises, when one of
// the three below holds. Once the level has fallen, after window 2, it must also stand higher than it ever
// did in the last 256 windows: what was reached before and went back is a cache that is cleared, or garbage
// that is collected.
//   steady  it rose in each of the last 4 windows; once it has fallen, to a new peak in each of the last
//           8. Not when the rises have only become smaller, to half or less: that is a warm-up running out.
//   sparse  its last 4 to 8 rises, no fall among them, come at even distances that don't lengthen, 24
//           windows or more from first to last or 8 rises together; once it has fallen, both. A leak in
//           every tenth call does; tables that double, whose rises lie further and further apart, don't.
//   drift   over all windows, or the later half of them, at least 32: the highest and the lowest level rise
//           from each eighth to the next, each lies wholly above the one before its neighbour, and the
//           second half gained at least half as much as the first. Noise around a level doesn't, however
//           large; a leak below it does as soon as it outgrows the noise.
// Count and bytes are followed side by side. Bytes that grow while the count stays (a buffer that is
// reallocated, a file appended to) must rise by similar steps, within a factor of 4, or in 7 windows: the
// last request's buffer grows by chance.

#include <array>
#include <cstddef>
#include <cstdint>

#include "analysis/finding.h"
#include "record/stack_id.h"

namespace cleanslate {

inline constexpr WindowNumber kColdStart = 1;

struct Amount {
  std::int64_t count = 0;
  std::int64_t bytes = 0;
};

// What a Series says about its last window.
struct Growth {
  Pattern pattern = Pattern::kNew;   // never kReplaced: that takes knowledge of what was born
  bool by_bytes = false;             // growing: the bytes grow, not the count
  std::int64_t run = 0;              // growing steadily: in how many windows on end
  std::int64_t least = 0, most = 0;  // growing: the rises looked at, in the unit that grows
  std::int64_t rises = 0;            // windows that rose, the cold start left out
  std::int64_t over = 0;             // growing: the windows that the verdict spans
  std::int64_t events = 0;           // growing: in how many of these it rose, as far as remembered
  double count_per_window = 0;       // growing: averages over these
  double bytes_per_window = 0;
  std::int64_t risen_floors = 0;  // growing: the last falls on end that each left more than the one before
};

// One number over the windows.
class Staircase {
 public:
  struct Rise {
    WindowNumber window = 0;
    std::int64_t by = 0;
  };
  struct Verdict {
    bool growing = false;
    std::int64_t run = 0;
    std::int64_t over = 0;
    std::int64_t events = 0;
    std::int64_t least = 0, most = 0;
  };

  // `level` at the end of window `since`. A level above 0 counts as a rise of the cold start.
  Staircase(WindowNumber since, std::int64_t level);

  // The level at the end of `window`, which must be later than those before; between them nothing changed.
  void Observe(WindowNumber window, std::int64_t level);

  // `alike`: as the header says of bytes, a steady rise must go by similar steps or last 7 windows.
  Verdict Judge(bool alike) const;
  bool RunsOut() const;  // the rises of the current run have only become smaller, to half or less

  // Average over the last `windows`, or as far back as the rises are remembered.
  double RiseAWindow(std::int64_t windows) const;

  double NetAWindow() const;  // over the whole history, falls included

  std::int64_t level() const { return level_; }
  bool rose() const { return run_ > 0; }
  std::int64_t rises() const { return rises_; }
  std::int64_t falls() const { return falls_; }
  std::int64_t risen_floors() const { return risen_floors_; }
  bool RoseWithin(WindowNumber windows) const;
  std::int64_t RiseIn(WindowNumber window) const;  // 0 when it did not rise, or that is forgotten

 private:
  static constexpr std::size_t kRises = 8;
  static constexpr std::size_t kSpans = 16;

  struct Span {
    std::int64_t least = 0, most = 0;
  };

  const Rise& Recent(std::size_t back) const { return recent_[(next_ + kRises - 1 - back) % kRises]; }
  void AddRise(Rise rise);
  void AddSamples(std::int64_t level, std::uint64_t samples);
  Verdict Steady(bool alike) const;
  Verdict Sparse() const;
  Verdict Drift() const;
  Verdict DriftOver(std::size_t first_span, std::size_t end_span) const;

  std::array<Rise, kRises> recent_;  // a ring
  std::array<Span, kSpans> spans_;  // the whole history, each of `width_` windows; the last may be unfinished
  std::size_t next_ = 0;
  std::size_t kept_ = 0;
  std::size_t span_count_ = 0;
  std::uint64_t width_ = 1;
  std::uint64_t in_last_span_ = 0;
  WindowNumber last_window_;
  WindowNumber last_fall_ = 0;
  std::int64_t level_;
  std::int64_t peak_;         // since window `peak_since_`
  std::int64_t former_peak_;  // of the stretch before that
  WindowNumber peak_since_ = 0;
  std::int64_t run_ = 0;         // windows on end that rose, up to the last
  std::int64_t record_run_ = 0;  // of them, those on end that reached a new peak
  std::int64_t rises_ = 0;
  std::int64_t falls_ = 0;
  std::int64_t floor_ = 0;  // what the last fall has left
  std::int64_t risen_floors_ = 0;
};

class Series {
 public:
  Series(WindowNumber since, Amount level);

  void Observe(WindowNumber window, Amount level);
  Growth Judge() const;

  Amount level() const { return {count_.level(), bytes_.level()}; }
  Amount RiseIn(WindowNumber window) const { return {count_.RiseIn(window), bytes_.RiseIn(window)}; }
  bool rose() const { return count_.rose() || bytes_.rose(); }
  bool fell() const { return count_.falls() > 0; }
  std::int64_t rises() const;
  WindowNumber since() const { return since_; }
  WindowNumber last_rise() const { return last_rise_; }
  WindowNumber first_rise() const { return first_rise_; }

 private:
  Staircase count_;
  Staircase bytes_;
  WindowNumber since_;
  WindowNumber last_window_;
  WindowNumber first_rise_ = 0;
  WindowNumber last_rise_ = 0;
};

}  // namespace cleanslate
