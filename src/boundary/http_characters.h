#pragma once

// The classes of characters that HTTP's grammar is made of (RFC 9110, 5.6), without the host's locale.

namespace cleanslate {

constexpr bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

constexpr char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace cleanslate
