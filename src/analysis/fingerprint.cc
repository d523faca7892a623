#include "analysis/fingerprint.h"

#include <charconv>
#include <cstdint>

namespace cleanslate {
namespace {

class Fnv1a {
 public:
  // The text and a zero after it, so that ("ab", "c") and ("a", "bc") differ.
  void Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<unsigned char>(c));
    AddByte(0);
  }
  std::string Hexadecimal() const {
    std::string digits(16, '0');
    for (int i = 0; i < 16; ++i) digits[15 - i] = "0123456789abcdef"[(hash_ >> (4 * i)) & 15];
    return digits;
  }

 private:
  void AddByte(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3u; }
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

std::string WithoutEphemeralPort(std::string_view pattern) {
  const std::size_t colon = pattern.rfind(':');
  if (colon == std::string_view::npos || pattern.starts_with("/")) return std::string(pattern);
  const std::string_view digits = pattern.substr(colon + 1);
  int port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  return whole && port >= 32768 ? std::string(pattern.substr(0, colon + 1)) + "*" : std::string(pattern);
}

}  // namespace

std::string Fingerprint(std::string_view rule, const Suspect& suspect, std::string_view pattern) {
  Fnv1a hash;
  hash.Add(rule);
  if (suspect.frame != nullptr && !suspect.frame->function.empty()) {
    hash.Add(PlainModule(suspect.frame->module));
    hash.Add(PlainFunction(suspect.frame->function));
  } else {
    hash.Add(suspect.frame != nullptr && pattern.empty() ? PlainModule(suspect.frame->module) : "");
    hash.Add(WithoutEphemeralPort(pattern));
  }
  return "v1:" + hash.Hexadecimal();
}

}  // namespace cleanslate
