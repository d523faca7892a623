#include "snapshot/known_names.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace cleanslate {
namespace {

constexpr std::size_t kMostWithoutIndex = 8;

static_assert(sizeof(KnownName) == 96);

std::uint32_t Hash(std::string_view name) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>()(name));
}

}  // namespace

bool KnownNames::Is(const KnownName& known, std::string_view name) const {
  return text_.compare(known.text, name.size(), name) == 0 && text_[known.text + name.size()] == '\0';
}

KnownName* KnownNames::Find(std::string_view name) {
  if (names_.empty()) return nullptr;
  if (next_ >= names_.size()) next_ = 0;
  if (Is(names_[next_], name)) return &names_[next_++];
  const std::uint32_t hash = Hash(name);
  const auto found = [&](std::size_t at) { return names_[at].hash == hash && Is(names_[at], name); };
  if (index_.empty()) {
    for (std::size_t at = 0; at < names_.size(); ++at) {
      if (!found(at)) continue;
      next_ = at + 1;
      return &names_[at];
    }
    return nullptr;
  }
  const std::size_t mask = index_.size() - 1;
  for (std::size_t slot = hash & mask; index_[slot] != 0; slot = (slot + 1) & mask) {
    if (!found(index_[slot] - 1)) continue;
    next_ = index_[slot];
    return &names_[next_ - 1];
  }
  return nullptr;
}

KnownName& KnownNames::Add(std::string_view name) {
  KnownName& known = names_.emplace_back();
  known.text = static_cast<std::uint32_t>(text_.size());
  known.hash = Hash(name);
  text_.append(name).push_back('\0');
  next_ = names_.size();
  if (names_.size() > kMostWithoutIndex) {
    if (names_.size() * 2 > index_.size())
      Index();
    else
      PutIntoIndex(names_.size() - 1);
  }
  return known;
}

void KnownNames::Repack() {
  std::string text;
  text.reserve(text_.size());
  for (KnownName& known : names_) {
    const std::string_view name = NameOf(known);
    known.text = static_cast<std::uint32_t>(text.size());
    text.append(name).push_back('\0');
  }
  text.shrink_to_fit();
  text_ = std::move(text);
  if (names_.size() < names_.capacity() / 4) names_.shrink_to_fit();
  next_ = 0;
  Index();
}

void KnownNames::Index() {
  std::vector<std::uint32_t>().swap(index_);
  if (names_.size() <= kMostWithoutIndex) return;
  index_.resize(std::bit_ceil(names_.size() * 3));
  for (std::size_t at = 0; at < names_.size(); ++at) PutIntoIndex(at);
}

void KnownNames::PutIntoIndex(std::size_t at) {
  const std::size_t mask = index_.size() - 1;
  std::size_t slot = names_[at].hash & mask;
  while (index_[slot] != 0) slot = (slot + 1) & mask;
  index_[slot] = static_cast<std::uint32_t>(at + 1);
}

}  // namespace cleanslate
