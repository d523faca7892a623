#include "report/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace cleanslate {
namespace {

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view NearestName(std::string_view name, std::span<const std::string_view> names) {
  constexpr std::size_t kLongestName = 64;
  if (name.empty() || name.size() > kLongestName) return {};
  std::string_view nearest;
  std::size_t least = name.size() / 2 + 1;
  for (const std::string_view each : names) {
    const std::size_t distance = each.find(name) != std::string_view::npos ? 0 : EditDistance(name, each);
    if (distance < least) {
      least = distance;
      nearest = each;
    }
  }
  return nearest;
}

}  // namespace cleanslate
