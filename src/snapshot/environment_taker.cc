#include "snapshot/environment_taker.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <unordered_map>
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

// Whole pages, each read once: most texts lie side by side. Values are among what is read, so the pages are
// wiped in the end.
class Pages {
 public:
  ~Pages() {
    for (auto& [page, bytes] : pages_) explicit_bzero(bytes.data(), bytes.size());
  }

  // What can be read from `address` to its page's end; empty when that is nothing.
  std::string_view From(std::uintptr_t address) {
    const std::size_t within = address % OwnMemory::PageBytes();
    const auto [at, is_new] = pages_.try_emplace(address - within);
    std::string& bytes = at->second;
    if (is_new) {
      bytes.resize(OwnMemory::PageBytes());
      bytes.resize(memory_.Read(address - within, bytes.data(), bytes.size()));
    }
    return within < bytes.size() ? std::string_view(bytes).substr(within) : std::string_view();
  }

 private:
  OwnMemory memory_;
  std::unordered_map<std::uintptr_t, std::string> pages_;
};

// The text at `address`, up to its zero or as much as is looked at.
bool ReadText(Pages& pages, std::uintptr_t address, std::string& text) {
  text.clear();
  while (text.size() < EnvironmentTaker::kMostValueBytes) {
    const std::string_view here = pages.From(address + text.size());
    if (here.empty()) return false;
    const std::size_t zero = here.find('\0');
    text.append(here.substr(0, zero));
    if (zero != std::string_view::npos) return true;
  }
  return true;
}

std::vector<std::uintptr_t> ReadPointers(Pages& pages, std::uintptr_t address, std::size_t most) {
  std::vector<std::uintptr_t> pointers;
  while (pointers.size() < most) {
    const std::string_view here = pages.From(address + pointers.size() * sizeof(std::uintptr_t));
    if (here.size() < sizeof(std::uintptr_t)) break;
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= here.size(); at += sizeof(std::uintptr_t)) {
      std::uintptr_t pointer = 0;
      std::memcpy(&pointer, here.data() + at, sizeof pointer);
      if (pointer == 0) return pointers;
      pointers.push_back(pointer);
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
  Pages pages;
  std::vector<std::uintptr_t> texts =
      ReadPointers(pages, reinterpret_cast<std::uintptr_t>(environment), kMostVariables + 1);
  if (texts.size() > kMostVariables) {
    taken.left_out = static_cast<std::int64_t>(texts.size() - kMostVariables);
    texts.resize(kMostVariables);
  }
  std::string text;
  for (const std::uintptr_t address : texts) {
    if (!ReadText(pages, address, text)) continue;
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
