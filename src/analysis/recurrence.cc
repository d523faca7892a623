#include "analysis/recurrence.h"

namespace cleanslate {

Recurrence::Verdict Recurrence::Observe(WindowNumber window, const std::string& origin, std::int64_t events) {
  Verdict verdict;
  verdict.first_seen = window;
  verdict.times = events;
  if (window == 0) return verdict;
  Series* series = sums_.Find(origin);
  if (series == nullptr) series = sums_.Begin(origin, window - 1, {});
  if (series == nullptr) return verdict;
  verdict.times += series->level().count;
  series->Observe(window, {verdict.times, 0});
  if (window > 1) verdict.growth = series->Judge();
  if (series->first_rise() != 0) verdict.first_seen = series->first_rise();
  return verdict;
}

}  // namespace cleanslate
