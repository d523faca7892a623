#include "snapshot/environment_taker.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "snapshot/own_memory.h"

namespace cleanslate {
namespace {

// SipHash-1-3 (Aumasson and Bernstein, with one and three rounds as Rust and Python use it).
class SipHash {
 public:
  explicit SipHash(const std::uint64_t (&key)[2])
      : v0_(key[0] ^ 0x736f6d6570736575u),
        v1_(key[1] ^ 0x646f72616e646f6du),
        v2_(key[0] ^ 0x6c7967656e657261u),
        v3_(key[1] ^ 0x7465646279746573u) {}

  std::uint64_t Of(std::string_view text) {
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) Word(Load(text.substr(at, 8)));
    Word(Load(text.substr(at)) | std::uint64_t{text.size()} << 56);
    v2_ ^= 0xff;
    for (int round = 0; round < 3; ++round) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  static std::uint64_t Load(std::string_view bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), bytes.size());
    return word;
  }
  void Word(std::uint64_t word) {
    v3_ ^= word;
    Round();
    v0_ ^= word;
  }
  void Round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

// The text at `address`, up to its zero.
bool ReadText(OwnMemory& memory, std::uintptr_t address, std::string& text) {
  constexpr std::size_t kFirst = 256;
  constexpr std::size_t kMost = EnvironmentTaker::kMostValueBytes;
  text.clear();
  for (std::size_t size = kFirst; text.size() < kMost; size = 4 * size) {
    const std::size_t before = text.size();
    // The zero may be the last byte that is mapped.
    const std::size_t to_page_end = OwnMemory::PageBytes() - (address + before) % OwnMemory::PageBytes();
    const std::size_t wanted = std::min({size, kMost - before, to_page_end});
    text.resize(before + wanted);
    const std::size_t got = memory.Read(address + before, text.data() + before, wanted);
    text.resize(before + got);
    const std::size_t zero = text.find('\0', before);
    if (zero != std::string::npos) {
      text.resize(zero);
      return true;
    }
    if (got < wanted) return false;
  }
  return true;
}

std::vector<std::uintptr_t> ReadPointers(OwnMemory& memory, std::uintptr_t address, std::size_t most) {
  std::vector<std::uintptr_t> pointers;
  while (pointers.size() < most) {
    const std::size_t before = pointers.size();
    const std::uintptr_t at = address + before * sizeof(std::uintptr_t);
    const std::size_t wanted =
        (OwnMemory::PageBytes() - at % OwnMemory::PageBytes()) / sizeof(std::uintptr_t);
    pointers.resize(before + wanted);
    const std::size_t got =
        memory.Read(at, &pointers[before], wanted * sizeof(std::uintptr_t)) / sizeof(std::uintptr_t);
    pointers.resize(before + got);
    const auto end = std::find(pointers.begin() + static_cast<std::ptrdiff_t>(before), pointers.end(), 0u);
    if (end != pointers.end() || got < wanted) {
      pointers.erase(end, pointers.end());
      break;
    }
  }
  return pointers;
}

}  // namespace

EnvironmentTaker::EnvironmentTaker(std::function<Birth(std::string_view)> birth) : birth_(std::move(birth)) {
  if (getrandom(key_, sizeof key_, GRND_NONBLOCK) == sizeof key_) return;
  key_[0] = static_cast<std::uint64_t>(WallClockNs());
  key_[1] = static_cast<std::uint64_t>(MonotonicNs()) ^ reinterpret_cast<std::uintptr_t>(this);
}

EnvironmentSnapshot EnvironmentTaker::Take() const {
  return Take(environ);
}

EnvironmentSnapshot EnvironmentTaker::Take(const char* const* environment) const {
  EnvironmentSnapshot taken;
  if (environment == nullptr) return taken;
  OwnMemory memory;
  std::vector<std::uintptr_t> texts =
      ReadPointers(memory, reinterpret_cast<std::uintptr_t>(environment), kMostVariables + 1);
  if (texts.size() > kMostVariables) {
    taken.left_out = static_cast<std::int64_t>(texts.size() - kMostVariables);
    texts.resize(kMostVariables);
  }
  std::string text;
  for (const std::uintptr_t address : texts) {
    if (!ReadText(memory, address, text)) continue;
    // A leading '=' would be part of a name.
    const std::size_t equals = text.find('=', 1);
    if (equals == std::string::npos) continue;
    EnvironmentVariable variable;
    variable.name = text.substr(0, equals);
    variable.mark = SipHash(key_).Of(std::string_view(text).substr(equals + 1));
    if (birth_) {
      const Birth birth = birth_(variable.name);
      variable.born = birth.window;
      variable.stack = birth.stack;
    }
    taken.variables.push_back(std::move(variable));
  }
  // getenv(3) finds the first.
  std::stable_sort(taken.variables.begin(), taken.variables.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  taken.variables.erase(std::unique(taken.variables.begin(), taken.variables.end(),
                                    [](const auto& a, const auto& b) { return a.name == b.name; }),
                        taken.variables.end());
  // The values were among what was read.
  explicit_bzero(text.data(), text.capacity());
  return taken;
}

}  // namespace cleanslate
