#pragma once

// Hashes under a key that is drawn for the process: marks of contents that can be compared and never computed
// back. Marks of several things are added up, so that their order doesn't matter.
//
// COLD.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cleanslate {

class KeyedHash {
 public:
  static constexpr std::size_t kWhole = 65536;  // of longer texts: both ends and the length

  KeyedHash();  // draws a key

  std::uint64_t Of(std::string_view bytes) const;
  std::uint64_t Of(std::uint64_t value) const { return Mixed(value ^ key_[0], key_[1]); }

 private:
  static std::uint64_t Mixed(std::uint64_t a, std::uint64_t b);
  std::uint64_t Part(std::string_view bytes, std::uint64_t hash) const;

  std::uint64_t key_[4];
};

}  // namespace cleanslate
