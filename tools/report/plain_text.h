#pragma once

// Takes out of a stream of text what terminals and other systems put in and no report can hold: terminal
// sequences, NUL bytes, a byte order mark; carriage returns become newlines. UTF-16, which is what PowerShell
// redirects to, comes out right as far as it is ASCII.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cleanslate {

class PlainText {
 public:
  // Appends what remains of `bytes`; sequences may be split between calls.
  void Feed(std::string_view bytes, std::string& text);

 private:
  enum class State : std::uint8_t {
    kMark,  // at the very beginning
    kText,
    kEscape,   // after ESC
    kControl,  // in ESC [ ...
    kCommand,  // in ESC ] ..., which BEL or ESC \ ends
  };

  State FeedEscape(char byte, std::string& text);

  State state_ = State::kMark;
  std::string mark_;
  std::size_t length_ = 0;  // of the sequence so far: one that does not end must not swallow the log
};

}  // namespace cleanslate
