#include "snapshot/changed_text.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace cleanslate {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::size_t kReach = 4096;  // how far a text is followed before and behind what changed in it
constexpr std::size_t kLongText = 16;

bool IsOfWord(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

bool IsPlain(unsigned char c) {
  return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

bool MayBeText(unsigned char c) {
  return IsPlain(c) || c >= 0x80;
}

bool JoinsWords(unsigned char c) {
  return c == '-' || c == '_' || c == '.' || c == '@' || c == ':';
}

// Of the character at `at`, as RFC 3629 has UTF-8; 0: it is none that people read.
std::size_t CharacterBytes(Bytes text, std::size_t at) {
  const unsigned char first = text[at];
  if (IsPlain(first)) return 1;
  const std::size_t bytes = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (bytes == 0 || bytes > text.size() - at) return 0;
  for (std::size_t i = 1; i < bytes; ++i)
    if ((text[at + i] & 0xc0) != 0x80) return 0;
  const unsigned char second = text[at + 1];
  const bool control = first == 0xc2 && second < 0xa0;
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return control || overlong || surrogate || beyond ? 0 : bytes;
}

// Four or more characters of words in a row, which make up half of it, a quarter where it is long.
bool ReadsAsWords(Bytes text) {
  std::size_t words = 0;
  std::size_t row = 0;
  std::size_t longest = 0;
  for (const unsigned char c : text) {
    const bool word = IsOfWord(c);
    words += word;
    row = word || (row > 0 && JoinsWords(c)) ? row + 1 : 0;
    longest = std::max(longest, row);
  }
  constexpr std::size_t kFewest = 4;
  return longest >= kFewest && words * (text.size() < kLongText ? 2 : 4) >= text.size();
}

// Of libstdc++'s std::string: it points to the 16 bytes of its short form, which begin at `at`, and its size
// stands between. None when there isn't one.
std::optional<std::size_t> ShortStringSize(Bytes image, std::uintptr_t address, std::size_t at) {
  constexpr std::size_t kBefore = 16;
  if (at < kBefore) return std::nullopt;
  std::uint64_t fields[2];
  std::memcpy(fields, image.data() + at - kBefore, sizeof fields);
  if (fields[0] != address + at || fields[1] >= kBefore) return std::nullopt;
  return fields[1];
}

class TextSearch {
 public:
  TextSearch(Bytes image, std::uintptr_t address, std::span<const Stretch> changed, Stretch heap)
      : image_(image), address_(address), changed_(changed), heap_(heap) {
    for (const unsigned char c : image.subspan(changed.front().begin, Length())) noise_ += IsNoise(c);
  }

  void FindAll(std::vector<Stretch>& texts) const {
    std::size_t done = 0;  // up to here, all has been looked at
    for (const Stretch& stretch : changed_) {
      if (stretch.end <= done) continue;
      std::size_t begin = std::max(stretch.begin, done);
      const std::size_t first = std::max(done, begin - std::min(begin, kReach));
      while (begin > first && MayBeText(image_[begin - 1])) --begin;
      std::size_t end = stretch.end;
      const std::size_t last = std::min(image_.size(), end + kReach);
      while (end < last && MayBeText(image_[end])) ++end;
      FindBetween(begin, end, texts);
      done = end;
    }
  }

 private:
  static bool IsNoise(unsigned char c) { return c != 0 && !IsPlain(c); }
  std::size_t Length() const { return changed_.back().end - changed_.front().begin; }

  void FindBetween(std::size_t begin, std::size_t end, std::vector<Stretch>& texts) const {
    const Bytes within = image_.first(end);
    for (std::size_t at = begin; at < end;) {
      std::size_t past = at;
      for (std::size_t bytes; past < end && (bytes = CharacterBytes(within, past)) > 0;) past += bytes;
      if (past > at) {
        const Stretch text = Living({at, past});
        if (HasChanged(text) && !IsOfPointer(text) && IsText(text)) texts.push_back(text);
      }
      at = past + 1;
    }
  }

  // Without what lies behind a std::string's end, or was cut off by a NUL put at its beginning.
  Stretch Living(Stretch text) const {
    const std::size_t into_word = (address_ + text.begin) % 8;
    for (const std::size_t back : {into_word, into_word + 8}) {
      if (back > text.begin) continue;
      const std::size_t start = text.begin - back;
      if (const auto size = ShortStringSize(image_, address_, start))
        return {text.begin, std::clamp(start + *size, text.begin, text.end)};
    }
    if (into_word == 1 && text.begin > 0 && image_[text.begin - 1] == 0) return {text.begin, text.begin};
    return text;
  }

  // Is a byte of it changed? Not where that may be the end of a number before it, as "9@" is of 25.0.
  bool HasChanged(const Stretch& text) const {
    const std::size_t head_end = std::min(text.end, text.begin + (8 - (address_ + text.begin) % 8) % 8);
    return IsChanged({head_end, text.end}) ||
           (IsChanged({text.begin, head_end}) && ReadsAsWords(Part({text.begin, head_end})));
  }

  // Is it a part of an aligned word that is an address on the heap?
  bool IsOfPointer(const Stretch& text) const {
    const std::size_t into_word = (address_ + text.begin) % 8;
    if (into_word > text.begin) return false;
    const std::size_t start = text.begin - into_word;
    if (text.end > start + 8 || start + 8 > image_.size()) return false;
    std::uint64_t word = 0;
    std::memcpy(&word, image_.data() + start, sizeof word);
    return word >= heap_.begin && word < heap_.end;
  }

  bool IsChanged(const Stretch& part) const {
    const auto at = std::upper_bound(changed_.begin(), changed_.end(), part.begin,
                                     [](std::size_t begin, const Stretch& each) { return begin < each.end; });
    return at != changed_.end() && at->begin < part.end;
  }

  Bytes Part(const Stretch& part) const { return image_.subspan(part.begin, part.end - part.begin); }

  bool IsText(const Stretch& text) const {
    // Of random bytes, one in four is a letter or a digit, and one in 256 a NUL. Signs prove nothing.
    constexpr double kChanceOfWord = 0.25;
    constexpr double kChanceOfEnd = 1.0 / 256;
    constexpr double kMostChance = 0.005;
    const Bytes bytes = Part(text);
    if (!ReadsAsWords(bytes)) return false;
    const auto words = std::count_if(bytes.begin(), bytes.end(), &IsOfWord);
    double chance = std::pow(kChanceOfWord, static_cast<double>(std::min<std::ptrdiff_t>(words, 64)));
    if (text.end == image_.size() || image_[text.end] == 0) chance *= kChanceOfEnd;
    // The square: the larger the noise, the rarer it may be taken for a text, all of it together.
    const std::size_t own_noise =
        static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), &IsNoise));
    const auto places = static_cast<double>(noise_ - std::min(noise_, own_noise) + 1);
    return places * places * chance <= kMostChance;
  }

  Bytes image_;
  std::uintptr_t address_;
  std::span<const Stretch> changed_;
  Stretch heap_;
  std::size_t noise_ = 0;
};

}  // namespace

void FindChangedTexts(std::span<const unsigned char> image, std::uintptr_t address,
                      std::span<const Stretch> changed, Stretch heap, std::vector<Stretch>& texts) {
  if (!changed.empty()) TextSearch(image, address, changed, heap).FindAll(texts);
}

}  // namespace cleanslate
