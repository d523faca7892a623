#include "report/set_aside_text.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

#include "analysis/known_survivors.h"
#include "report/safe_text.h"
#include "report/wording.h"

namespace cleanslate {
namespace {

constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kMostUnused = 10;

using Counts = std::map<std::string, std::int64_t>;

// With what is not listed. The sum stays at the largest number instead of overflowing.
std::int64_t SumOf(const Counts& counts, const Totals& totals, const char* kind) {
  const auto more = totals.left_out.find(kind);
  std::int64_t sum = more == totals.left_out.end() ? 0 : more->second;
  for (const auto& [name, count] : counts) {
    if (__builtin_add_overflow(sum, count, &sum)) return std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

std::vector<std::pair<std::string, std::int64_t>> LargestFirst(const Counts& counts) {
  std::vector<std::pair<std::string, std::int64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return order;
}

std::string Listed(const Counts& counts) {
  if (counts.empty()) return "by what the reports left out";
  std::string list;
  const auto order = LargestFirst(counts);
  for (std::size_t i = 0; i < std::min(order.size(), kMostNamed); ++i) {
    list += (list.empty() ? "" : ", ") + Name(order[i].first) + " " + std::to_string(order[i].second) + "x";
  }
  if (order.size() > kMostNamed) list += " and " + std::to_string(order.size() - kMostNamed) + " more";
  return list;
}

}  // namespace

std::string SetAsideSentence(const Totals& totals) {
  std::string text;
  if (const std::int64_t count = SumOf(totals.suppressed, totals, "suppressed"); count > 0)
    text = Counted(count, "finding") + " suppressed (" + Listed(totals.suppressed) + ")";
  if (const std::int64_t count = SumOf(totals.known, totals, "known"); count > 0) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " known harmless (" + Listed(totals.known);
    for (const auto& [name, times] : LargestFirst(totals.known)) {
      if (FindKnownSurvivor(name) == nullptr) continue;
      text += ": `cleanslate explain " + name + "`";
      break;
    }
    text += ")";
  }
  return text;
}

std::vector<std::string> UnusedSuppressionLines(const Summary& summary) {
  std::vector<std::string> lines;
  const std::vector<UnusedSuppression>& unused = summary.unused_suppressions;
  for (std::size_t i = 0; i < std::min(unused.size(), kMostUnused); ++i) {
    lines.push_back(Name(unused[i].file) + ":" + std::to_string(unused[i].line) + ": " +
                    Name(unused[i].text) + " never matched: remove it?");
  }
  if (unused.size() > kMostUnused) {
    lines.push_back("and " + std::to_string(unused.size() - kMostUnused) +
                    " more lines that never matched, which --format json lists");
  }
  return lines;
}

}  // namespace cleanslate
