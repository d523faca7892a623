#include "probe/python/owners.h"

#include <algorithm>

namespace cleanslate {
namespace {

constexpr std::size_t kFewest = 64;
constexpr std::size_t kKept = 16384;  // places that a look leaves to the next

}  // namespace

void PythonOwners::Clear() {
  const Place empty = {nullptr, kNobody};
  if (places_.empty() || places_.size() > kKept)
    std::vector<Place>(kFewest, empty).swap(places_);
  else if (used_ > 0)
    std::fill(places_.begin(), places_.end(), empty);
  used_ = 0;
}

std::uint32_t* PythonOwners::OwnerAt(const void* object) {
  if (2 * used_ >= places_.size()) {
    std::vector<Place> before(places_.size() * 2, Place{nullptr, kNobody});
    before.swap(places_);
    used_ = 0;
    for (const Place& place : before)
      if (place.object != nullptr) *OwnerAt(place.object) = place.owner;
  }
  const std::uint64_t hash = reinterpret_cast<std::uintptr_t>(object) * 0x9E3779B97F4A7C15u;
  for (std::size_t at = hash >> 20;; ++at) {
    Place& place = places_[at & (places_.size() - 1)];
    if (place.object == object) return &place.owner;
    if (place.object != nullptr) continue;
    place.object = object;
    ++used_;
    return &place.owner;
  }
}

bool PythonOwners::Name(const void* object, std::uint32_t variable) {
  std::uint32_t& owner = *OwnerAt(object);
  if (owner != kNobody) return false;
  owner = variable | kNamedBit;
  return true;
}

PythonOwners::Reach PythonOwners::Lead(const void* object, std::uint32_t variable, bool take) {
  std::uint32_t& owner = *OwnerAt(object);
  const bool nobodys = owner == kNobody;
  if (!nobodys && (owner & kNamedBit) != 0)
    return (owner & ~kNamedBit) == variable ? Reach::kMine : Reach::kNamed;
  if (owner == variable) return Reach::kMine;
  if (!nobodys && !take) return Reach::kOthers;
  owner = variable;
  return Reach::kFirst;
}

}  // namespace cleanslate
