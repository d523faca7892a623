#pragma once

// The Series of many origins, bounded: when there is no room, those that rose least, and longest ago, are
// forgotten and counted. Iteration is in no particular order; what is forgotten depends on the content only.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analysis/series.h"

namespace cleanslate {

template <typename Key, typename Hash = std::hash<Key>>
class History {
 public:
  explicit History(std::size_t most) : most_(most) {}

  Series* Find(const Key& key) {
    const auto at = origins_.find(key);
    return at == origins_.end() ? nullptr : &at->second;
  }

  // Follows `key` from window `since` on, where it stood at `level`. Null when all places are taken by
  // origins that rose in this window too.
  Series* Begin(const Key& key, WindowNumber since, Amount level) {
    if (origins_.size() >= most_ && crowded_since_ != since) MakeRoom(since);
    if (origins_.size() >= most_) {
      ++forgotten_;
      return nullptr;
    }
    return &origins_.insert_or_assign(key, Series(since, level)).first->second;
  }

  template <typename Visitor>
  void ForEach(Visitor&& visit) {
    for (auto& [key, series] : origins_) visit(key, series);
  }

  std::size_t size() const { return origins_.size(); }
  std::int64_t forgotten() const { return forgotten_; }

 private:
  // An eighth at a time, so that a crowd of newcomers doesn't search the table once each.
  void MakeRoom(WindowNumber since) {
    struct Place {
      std::int64_t rises;
      WindowNumber last_rise;
      Key key;
      bool operator<(const Place& other) const {
        return std::tie(rises, last_rise, key) < std::tie(other.rises, other.last_rise, other.key);
      }
    };
    std::vector<Place> places;
    for (const auto& [key, series] : origins_)
      if (series.last_rise() <= since) places.push_back({series.rises(), series.last_rise(), key});
    const std::size_t leaving = std::min(places.size(), most_ / 8 + 1);
    if (leaving == 0) {
      crowded_since_ = since;
      return;
    }
    std::nth_element(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(leaving - 1), places.end());
    for (std::size_t i = 0; i < leaving; ++i) origins_.erase(places[i].key);
    forgotten_ += static_cast<std::int64_t>(leaving);
  }

  std::unordered_map<Key, Series, Hash> origins_;
  std::size_t most_;
  WindowNumber crowded_since_ = ~WindowNumber{0};  // none could leave in the window after this one
  std::int64_t forgotten_ = 0;
};

}  // namespace cleanslate
