#pragma once

// Small text. Abseil's functions of these names take Abseil's own string_view in Debian's configuration,
// which the standard's does not convert to.

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/string_view.h"

namespace cleanslate {

namespace internal {

template <typename Text>
requires std::convertible_to<const Text&, std::string_view> std::string_view AsText(const Text& text) {
  return text;
}
inline std::string AsText(std::integral auto number) {
  return std::to_string(number);
}
inline std::string_view AsText(absl::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace internal

// All arguments as text, one after the other. A bool or a char is a mistake here, and does not compile.
template <typename... Parts>
std::string Concat(const Parts&... parts) {
  static_assert(!(std::same_as<Parts, bool> || ...) && !(std::same_as<Parts, char> || ...));
  std::string text;
  (text.append(internal::AsText(parts)), ...);
  return text;
}

// ASCII only, as HTTP's names are.
std::string LowerCase(std::string_view text);
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
bool IsAlphanumeric(char c);

// Without the blanks, tabs and line ends around it.
std::string_view StripBlanks(std::string_view text);

// The pieces between separators, empty ones left out.
std::vector<std::string_view> SplitSkippingEmpty(std::string_view text, char separator);

}  // namespace cleanslate
