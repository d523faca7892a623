#include "probe/python/line_survivors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <unordered_map>

#include "probe/python/line_watch.h"
#include "probe/python/reachability.h"

namespace cleanslate {
namespace {

constexpr std::size_t kMostLines = 128;
constexpr std::size_t kMostLookedAt = 48;  // blocks of a line and window

struct Share {
  std::int64_t blocks = 0, bytes = 0;
  std::vector<std::pair<std::uintptr_t, std::uint32_t>> some;  // of them, and their sizes
  std::int64_t held = 0, garbage = 0;
  bool sure = false;  // some are held that were born here and nowhere else
};
using Shares = std::array<Share, PythonLineWatch::kMostWindows>;

struct Left {
  std::uint32_t site = 0;
  Shares shares;
  std::int64_t bytes = 0;
};

// Lines that have left something in each window, the largest.
std::vector<Left> LeftInEach(unsigned windows) {
  std::unordered_map<std::uint32_t, Shares> by_site;
  std::uint64_t random = 1;
  PythonLineWatch::ForEachBlock(
      [&](std::uintptr_t block, std::uint32_t bytes, std::uint32_t site, std::uint32_t window) {
        if (window >= windows) return;
        Share& share = by_site[site][window];
        ++share.blocks;
        share.bytes += bytes;
        // Any of them: those that lie side by side are of one kind.
        random = random * 6364136223846793005 + 1442695040888963407;
        const std::uint64_t at = (random >> 33) % static_cast<std::uint64_t>(share.blocks);
        if (share.some.size() < kMostLookedAt)
          share.some.emplace_back(block, bytes);
        else if (at < kMostLookedAt)
          share.some[at] = {block, bytes};
      });
  std::vector<Left> left;
  for (auto& [site, shares] : by_site) {
    const auto end = shares.begin() + windows;
    if (std::any_of(shares.begin(), end, [](const Share& share) { return share.blocks == 0; })) continue;
    const std::int64_t bytes =
        std::accumulate(shares.begin(), end, std::int64_t{0},
                        [](std::int64_t sum, const Share& each) { return sum + each.bytes; });
    left.push_back({site, std::move(shares), bytes});
  }
  std::sort(left.begin(), left.end(), [](const Left& a, const Left& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.site < b.site;
  });
  if (left.size() > kMostLines) left.resize(kMostLines);
  return left;
}

bool LookAt(const PythonApi& api, std::vector<Left>& left) {
  PythonReachability reachability(api);
  for (Left& line : left)
    for (const Share& share : line.shares)
      for (const auto& [block, bytes] : share.some) reachability.Add(block, bytes);
  if (!reachability.Find()) return false;
  for (Left& line : left)
    for (Share& share : line.shares)
      for (const auto& [block, bytes] : share.some) {
        const auto verdict = reachability.Of(block);
        share.garbage += verdict == PythonReachability::Verdict::kGarbage;
        share.held += verdict == PythonReachability::Verdict::kHeld ||
                      verdict == PythonReachability::Verdict::kHeldAtAnyPlace;
        share.sure = share.sure || verdict == PythonReachability::Verdict::kHeld;
      }
  return true;
}

}  // namespace

std::vector<LineSurvivors> FindLineSurvivors(const PythonApi& api, const PythonSites& sites,
                                             unsigned windows) {
  std::vector<Left> left = LeftInEach(windows);
  std::vector<LineSurvivors> lines;
  if (!LookAt(api, left)) return lines;
  for (const Left& line : left) {
    const auto end = line.shares.begin() + windows;
    if (!std::all_of(line.shares.begin(), end, [](const Share& share) { return share.sure; })) continue;
    const PythonSite& site = sites[line.site];
    LineSurvivors& survivors = lines.emplace_back();
    survivors.file = site.file;
    survivors.line = site.line;
    survivors.function = site.function;
    survivors.own = site.own;
    for (auto share = line.shares.begin(); share != end; ++share) {
      // What only waits to be collected doesn't count.
      const std::int64_t judged = share->held + share->garbage;
      survivors.blocks_per_window.push_back(std::max<std::int64_t>(1, share->blocks * share->held / judged));
      survivors.bytes_per_window.push_back(share->bytes * share->held / judged);
    }
  }
  return lines;
}

}  // namespace cleanslate
