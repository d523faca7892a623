#include "emulator/invocation.h"

#include <array>
#include <ctime>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "emulator/text.h"

namespace cleanslate {
namespace {

template <std::size_t N>
std::string RandomBytes() {
  static std::random_device device;
  std::string bytes(N, '\0');
  for (char& byte : bytes) byte = static_cast<char>(device());
  return bytes;
}

}  // namespace

std::string RandomUuid() {
  std::string bytes = RandomBytes<16>();
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(bytes);
  return Concat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                hex.substr(20));
}

std::string RandomTraceId() {
  return absl::StrFormat("Root=1-%08x-%s;Parent=%s;Sampled=0", std::time(nullptr),
                         absl::BytesToHexString(RandomBytes<12>()), absl::BytesToHexString(RandomBytes<8>()));
}

}  // namespace cleanslate
