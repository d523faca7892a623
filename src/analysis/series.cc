#include "analysis/series.h"

#include <algorithm>

namespace cleanslate {
namespace {

constexpr std::int64_t kSteadyRun = 4;
constexpr std::int64_t kRunAfterFalls = 8;
constexpr WindowNumber kPeakLasts = 256;
constexpr std::int64_t kRunOfUnlikeSteps = 7;
constexpr std::int64_t kAlikeFactor = 4;
constexpr WindowNumber kSparseSpan = 24;
constexpr std::uint64_t kDriftWindows = 32;
constexpr std::size_t kParts = 8;

}  // namespace

Staircase::Staircase(WindowNumber since, std::int64_t level)
    : last_window_(since), level_(level), peak_(level), former_peak_(level) {
  if (level > 0) AddRise({kColdStart, level});
}

void Staircase::AddRise(Rise rise) {
  recent_[next_] = rise;
  next_ = (next_ + 1) % kRises;
  kept_ = std::min(kept_ + 1, kRises);
}

void Staircase::AddSamples(std::int64_t level, std::uint64_t samples) {
  while (samples > 0) {
    if (span_count_ == 0 || in_last_span_ == width_) {
      if (span_count_ == kSpans) {
        for (std::size_t i = 0; i < kSpans / 2; ++i)
          spans_[i] = {std::min(spans_[2 * i].least, spans_[2 * i + 1].least),
                       std::max(spans_[2 * i].most, spans_[2 * i + 1].most)};
        span_count_ = kSpans / 2;
        width_ *= 2;
      }
      spans_[span_count_++] = {level, level};
      in_last_span_ = 0;
    }
    Span& last = spans_[span_count_ - 1];
    last.least = std::min(last.least, level);
    last.most = std::max(last.most, level);
    const std::uint64_t taken = std::min(samples, width_ - in_last_span_);
    in_last_span_ += taken;
    samples -= taken;
  }
}

void Staircase::Observe(WindowNumber window, std::int64_t level) {
  const WindowNumber skipped = window - last_window_ - 1;
  if (skipped > 0 && window > kColdStart) {
    run_ = record_run_ = 0;
    AddSamples(level_, skipped);
  }
  const std::int64_t level_before = level_;
  const std::int64_t by = level - level_before;
  last_window_ = window;
  level_ = level;
  if (window <= kColdStart) {
    if (by > 0) AddRise({kColdStart, by});
    peak_ = former_peak_ = level;
    return;
  }
  AddSamples(level, 1);
  if (window - peak_since_ >= kPeakLasts) {
    former_peak_ = peak_;
    peak_ = level_before;
    peak_since_ = window;
  }
  record_run_ = level > std::max(peak_, former_peak_) ? record_run_ + 1 : 0;
  peak_ = std::max(peak_, level);
  if (by > 0) {
    AddRise({window, by});
    ++run_;
    ++rises_;
  } else {
    run_ = 0;
  }
  if (by < 0) {
    last_fall_ = window;
    risen_floors_ = falls_ > 0 && level > floor_ ? risen_floors_ + 1 : 0;
    floor_ = level;
    if (window > kColdStart + 1)
      ++falls_;
    else
      peak_ = level;  // the second window still clears away what the first has set up
  }
}

bool Staircase::RoseWithin(WindowNumber windows) const {
  return kept_ > 0 && rises_ > 0 && Recent(0).window + windows > last_window_;
}

std::int64_t Staircase::RiseIn(WindowNumber window) const {
  for (std::size_t back = 0; back < kept_; ++back)
    if (Recent(back).window == window) return Recent(back).by;
  return 0;
}

bool Staircase::RunsOut() const {
  const auto looked_at = std::min<std::size_t>(static_cast<std::size_t>(run_), kRises);
  if (looked_at < 2) return false;
  for (std::size_t back = 0; back + 1 < looked_at; ++back)
    if (Recent(back).by >= Recent(back + 1).by) return false;
  return Recent(0).by * 2 <= Recent(looked_at - 1).by;
}

Staircase::Verdict Staircase::Steady(bool alike) const {
  Verdict verdict;
  if (run_ < kSteadyRun) return verdict;
  if (falls_ > 0 && record_run_ < kRunAfterFalls) return verdict;
  if (RunsOut()) return verdict;
  const auto looked_at = std::min<std::size_t>(static_cast<std::size_t>(run_), kRises);
  verdict.least = verdict.most = Recent(0).by;
  for (std::size_t back = 0; back < looked_at; ++back) {
    verdict.least = std::min(verdict.least, Recent(back).by);
    verdict.most = std::max(verdict.most, Recent(back).by);
  }
  if (alike && run_ < kRunOfUnlikeSteps && verdict.most / kAlikeFactor > verdict.least) return verdict;
  verdict.growing = true;
  verdict.run = run_;
  verdict.over = run_;
  verdict.events = run_;
  return verdict;
}

Staircase::Verdict Staircase::Sparse() const {
  Verdict verdict;
  for (std::size_t events = kept_; events >= 4; --events) {
    const WindowNumber first = Recent(events - 1).window;
    if (last_fall_ >= first && last_fall_ > 0) continue;
    const WindowNumber span = Recent(0).window - first;
    if (falls_ > 0 ? span < kSparseSpan || events < kRises : span < kSparseSpan && events < kRises) continue;
    const std::size_t gaps = events - 1;
    const std::size_t early = gaps / 2;  // gaps of the earlier part; the rest are recent
    WindowNumber least = span, most = 0;
    double early_sum = 0;
    for (std::size_t gap = 0; gap < gaps; ++gap) {
      const std::size_t back = gaps - gap;  // of the rise that opens the gap
      const WindowNumber length = Recent(back - 1).window - Recent(back).window;
      least = std::min(least, length);
      most = std::max(most, length);
      if (gap < early) early_sum += length;
    }
    const double early_mean = early_sum / static_cast<double>(early);
    const double recent_mean = (span - early_sum) / static_cast<double>(gaps - early);
    const double unevenness = events == 4 ? 1.5 : events == 5 ? 2 : 3;
    if (most > least * unevenness || recent_mean > early_mean * 1.25 + 1) continue;

    bool shrinking = true;
    verdict.least = verdict.most = Recent(0).by;
    for (std::size_t back = 0; back < gaps; ++back) {
      const std::int64_t by = Recent(back).by;
      verdict.least = std::min(verdict.least, by);
      verdict.most = std::max(verdict.most, by);
      if (back + 1 < gaps && by >= Recent(back + 1).by) shrinking = false;
    }
    if (shrinking && Recent(0).by * 2 <= Recent(gaps - 1).by) continue;
    verdict.growing = true;
    verdict.over = span;
    verdict.events = static_cast<std::int64_t>(gaps);
    return verdict;
  }
  return verdict;
}

Staircase::Verdict Staircase::DriftOver(std::size_t first_span, std::size_t end_span) const {
  Verdict verdict;
  const std::size_t spans = end_span - first_span;
  if (spans < kParts || spans * width_ < kDriftWindows) return verdict;
  std::array<Span, kParts> parts;
  for (std::size_t part = 0; part < kParts; ++part) {
    const std::size_t begin = first_span + part * spans / kParts;
    const std::size_t end = first_span + (part + 1) * spans / kParts;
    parts[part] = spans_[begin];
    for (std::size_t i = begin; i < end; ++i) {
      parts[part].least = std::min(parts[part].least, spans_[i].least);
      parts[part].most = std::max(parts[part].most, spans_[i].most);
    }
    if (part == 0) continue;
    if (parts[part].least <= parts[part - 1].least || parts[part].most <= parts[part - 1].most)
      return verdict;
    // Neighbours overlap by the noise at their common border.
    if (part > 1 && parts[part].least < parts[part - 2].most) return verdict;
  }
  const std::int64_t first_half = parts[kParts / 2].least - parts[0].least;
  const std::int64_t second_half = parts[kParts - 1].most - parts[kParts / 2].least;
  if (second_half * 2 < first_half) return verdict;
  verdict.growing = true;
  verdict.over = static_cast<std::int64_t>(spans * width_);
  return verdict;
}

Staircase::Verdict Staircase::Drift() const {
  if (span_count_ == 0) return {};
  const std::size_t full = in_last_span_ == width_ ? span_count_ : span_count_ - 1;
  Verdict verdict = DriftOver(0, full);
  if (!verdict.growing && full > kParts) verdict = DriftOver(full - kParts, full);
  return verdict;
}

double Staircase::NetAWindow() const {
  if (span_count_ == 0) return 0;
  const double windows = static_cast<double>((span_count_ - 1) * width_ + in_last_span_);
  return static_cast<double>(level_ - spans_[0].least) / windows;
}

double Staircase::RiseAWindow(std::int64_t windows) const {
  double sum = 0;
  std::int64_t reached = 0;  // windows back to the oldest rise that counts
  for (std::size_t back = 0; back < kept_; ++back) {
    const auto age = static_cast<std::int64_t>(last_window_) - Recent(back).window;
    if (age >= windows) break;
    sum += static_cast<double>(Recent(back).by);
    reached = age + 1;
  }
  const bool all_remembered = reached == 0 || kept_ < kRises;
  const std::int64_t over = all_remembered ? windows : std::min(windows, reached);
  return over <= 0 ? 0 : sum / static_cast<double>(over);
}

Staircase::Verdict Staircase::Judge(bool alike) const {
  if (!rose() || (falls_ > 0 && record_run_ == 0)) return {};
  Verdict verdict = Steady(alike);
  if (!verdict.growing) verdict = Sparse();
  if (!verdict.growing) verdict = Drift();
  return verdict;
}

Series::Series(WindowNumber since, Amount level)
    : count_(since, level.count), bytes_(since, level.bytes), since_(since), last_window_(since) {}

void Series::Observe(WindowNumber window, Amount level) {
  count_.Observe(window, level.count);
  bytes_.Observe(window, level.bytes);
  last_window_ = window;
  if (!rose()) return;
  if (first_rise_ == 0) first_rise_ = window;
  last_rise_ = window;
}

std::int64_t Series::rises() const {
  return std::max(count_.rises(), bytes_.rises());
}

Growth Series::Judge() const {
  Growth growth;
  growth.rises = rises();
  Staircase::Verdict verdict = count_.Judge(false);
  if (!verdict.growing && !count_.RunsOut()) {
    verdict = bytes_.Judge(!count_.RoseWithin(kSteadyRun));
    // Where the count moves too, it is the better witness: bytes must persist.
    if (verdict.growing && count_.RoseWithin(kSteadyRun) && verdict.run > 0 &&
        verdict.run < kRunOfUnlikeSteps)
      verdict.growing = false;
    growth.by_bytes = verdict.growing;
  }
  if (verdict.growing) {
    growth.pattern = Pattern::kGrowing;
    growth.risen_floors = (growth.by_bytes ? bytes_ : count_).risen_floors();
    growth.run = verdict.run;
    growth.over = verdict.over;
    growth.events = verdict.events;
    const bool drift = verdict.events == 0;  // there are falls between its rises
    growth.count_per_window = drift ? count_.NetAWindow() : count_.RiseAWindow(verdict.over);
    growth.bytes_per_window = drift ? bytes_.NetAWindow() : bytes_.RiseAWindow(verdict.over);
    growth.least = verdict.least;
    growth.most = verdict.most;
    return growth;
  }
  if (rose())
    growth.pattern = growth.rises <= 1 ? Pattern::kNew : Pattern::kWarming;
  else
    growth.pattern = growth.rises == 0 ? Pattern::kNew : Pattern::kStable;
  return growth;
}

}  // namespace cleanslate
