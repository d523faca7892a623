#include "report/safe_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>

namespace cleanslate {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct Range {
  std::uint32_t first, last;
};

// Unicode 15: format characters that show nothing or change the direction of text, and the separators.
constexpr Range kInvisible[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},      {0x61c, 0x61c},
                                {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},  {0x2060, 0x206f},
                                {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};

constexpr Range kCombining[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},
                                {0x64b, 0x65f},   {0x93c, 0x93c},   {0x941, 0x94d},   {0xe31, 0xe31},
                                {0xe34, 0xe3a},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
                                {0x302a, 0x302d}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

constexpr Range kWide[] = {{0x1100, 0x115f},  {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
                           {0xac00, 0xd7a3},  {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                           {0xffe0, 0xffe6},  {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff},
                           {0x20000, 0x3fffd}};

template <std::size_t N>
bool IsIn(std::uint32_t character, const Range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges), [character](Range range) {
    return character >= range.first && character <= range.last;
  });
}

struct Character {
  std::uint32_t value = 0;
  std::size_t bytes = 0;  // 0: the first byte is not the beginning of a character
};

// The first character of `text`, as RFC 3629 allows it: no overlong forms, no surrogates.
Character FirstOf(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  std::uint32_t value = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {value, bytes};
}

std::size_t ColumnsOf(std::uint32_t character) {
  if (character < kCombining[0].first) return 1;
  if (IsIn(character, kCombining)) return 0;
  return IsIn(character, kWide) ? 2 : 1;
}

template <typename... Values>
void AppendFormatted(std::string& text, const char* format, Values... values) {
  std::array<char, 16> escape{};
  std::snprintf(escape.data(), escape.size(), format, values...);
  text += escape.data();
}

// The bytes of `text` that fill at most `columns`, from its beginning.
std::size_t Prefix(std::string_view text, std::size_t columns) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Character character = FirstOf(text.substr(at));
    const std::size_t wide = character.bytes == 0 ? 1 : ColumnsOf(character.value);
    if (wide > columns) break;
    columns -= wide;
    at += std::max<std::size_t>(character.bytes, 1);
  }
  return at;
}

}  // namespace

std::string Visible(std::string_view text) {
  std::string visible;
  visible.reserve(text.size());
  while (!text.empty()) {
    if (text[0] >= ' ' && text[0] <= '~') {
      visible += text[0];
      text.remove_prefix(1);
      continue;
    }
    const Character character = FirstOf(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    if (character.bytes == 0 || (character.value < 0x80 && IsIn(character.value, kInvisible))) {
      AppendFormatted(visible, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
    } else if (IsIn(character.value, kInvisible)) {
      AppendFormatted(visible, "\\u{%x}", static_cast<unsigned>(character.value));
    } else {
      visible.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return visible;
}

std::size_t Columns(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character character = FirstOf(text);
    columns += character.bytes == 0 ? 1 : ColumnsOf(character.value);
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return columns;
}

std::string Cut(std::string_view text, std::size_t columns) {
  const std::size_t whole = Columns(text);
  if (whole <= columns) return std::string(text);
  if (columns == 0) return {};
  const std::size_t tail_columns = (columns - 1) / 3;
  const std::size_t head = Prefix(text, columns - 1 - tail_columns);
  // Skipping columns from the left may skip one too many of a wide character: never one too few.
  std::size_t tail = Prefix(text, whole - tail_columns);
  while (Columns(text.substr(tail)) > tail_columns) {
    tail += std::max<std::size_t>(FirstOf(text.substr(tail)).bytes, 1);
  }
  return std::string(text.substr(0, head)).append(kEllipsis).append(text.substr(tail));
}

std::string Name(std::string_view text) {
  constexpr std::size_t kLongestName = 160;
  return Cut(Visible(text), kLongestName);
}

std::string Folded(std::string_view text, std::string_view indent, std::size_t width) {
  std::string folded;
  std::string line;
  std::size_t line_columns = 0;
  const std::size_t room = width > indent.size() ? width - indent.size() : 1;
  const auto end_line = [&] {
    if (!line.empty()) folded.append(indent).append(line) += '\n';
    line.clear();
    line_columns = 0;
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const std::size_t columns = Columns(word);
    if (line_columns > 0 && line_columns + 1 + columns > room) end_line();
    if (line_columns > 0) {
      line += ' ';
      ++line_columns;
    }
    line.append(word);
    line_columns += columns;
  }
  end_line();
  return folded;
}

}  // namespace cleanslate
