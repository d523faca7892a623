#pragma once

// Text of at most N bytes, stored in place. What does not fit is dropped and `truncated` says so. All zero
// bytes is the empty text, so that arrays of it live in .bss.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace cleanslate {

// `text` without its first `count` <= text.size() bytes, and its first `count` bytes at most. What substr
// does, but for the exception that comes with it.
constexpr std::string_view After(std::string_view text, std::size_t count) {
  text.remove_prefix(count);
  return text;
}
constexpr std::string_view First(std::string_view text, std::size_t count) {
  return {text.data(), count < text.size() ? count : text.size()};
}

template <std::size_t N>
class BoundedText {
 public:
  constexpr BoundedText() = default;

  static constexpr std::size_t capacity() { return N; }
  std::string_view view() const { return {bytes_, size_}; }
  bool empty() const { return size_ == 0; }
  bool truncated() const { return truncated_; }

  void Clear() {
    size_ = 0;
    truncated_ = false;
  }
  void Append(char byte) {
    if (size_ == N) {
      truncated_ = true;
      return;
    }
    bytes_[size_++] = byte;
  }
  void Append(std::string_view text) {
    const std::size_t fits = text.size() <= N - size_ ? text.size() : N - size_;
    if (fits > 0) std::memcpy(bytes_ + size_, text.data(), fits);
    size_ = static_cast<std::uint16_t>(size_ + fits);
    truncated_ = truncated_ || fits < text.size();
  }
  void Assign(std::string_view text) {
    Clear();
    Append(text);
  }
  void RemoveTrailingBlanks() {
    while (size_ > 0 && (bytes_[size_ - 1] == ' ' || bytes_[size_ - 1] == '\t')) --size_;
  }

 private:
  static_assert(N <= UINT16_MAX);
  std::uint16_t size_ = 0;
  bool truncated_ = false;
  char bytes_[N] = {};
};

}  // namespace cleanslate
