#include "probe/keyed_hash.h"

#include <sys/random.h>

#include <chrono>
#include <cstring>

namespace cleanslate {

KeyedHash::KeyedHash() {
  if (getrandom(key_, sizeof key_, GRND_NONBLOCK) != sizeof key_) {
    // Before the kernel's pool is ready: a key that differs by process is better than none.
    const auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    for (std::size_t i = 0; i < 4; ++i)
      key_[i] = (now + i) * 0x9E3779B97F4A7C15u ^ reinterpret_cast<std::uintptr_t>(this);
  }
  for (std::uint64_t& word : key_) word |= 1;
}

std::uint64_t KeyedHash::Mixed(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t KeyedHash::Part(std::string_view bytes, std::uint64_t hash) const {
  while (bytes.size() >= 16) {
    std::uint64_t words[2];
    std::memcpy(words, bytes.data(), sizeof words);
    hash = Mixed(words[0] ^ key_[1] ^ hash, words[1] ^ key_[2]);
    bytes.remove_prefix(16);
  }
  std::uint64_t words[2] = {0, 0};
  std::memcpy(words, bytes.data(), bytes.size());
  return Mixed(words[0] ^ key_[2] ^ hash, words[1] ^ key_[3] ^ (bytes.size() + 1));
}

std::uint64_t KeyedHash::Of(std::string_view bytes) const {
  std::uint64_t hash = key_[0] ^ bytes.size();
  if (bytes.size() > kWhole) {
    hash = Part(bytes.substr(0, kWhole / 2), hash);
    bytes.remove_prefix(bytes.size() - kWhole / 2);
  }
  return Mixed(Part(bytes, hash), key_[3]);
}

}  // namespace cleanslate
