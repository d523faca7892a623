#include "report/plain_text.h"

#include <algorithm>

namespace cleanslate {
namespace {

constexpr char kEscapeByte = '\x1b';
constexpr std::string_view kSpecial{"\x1b\r\0", 3};
constexpr char kBell = '\x07';
constexpr std::size_t kLongestSequence = 256;
constexpr std::string_view kMarks[] = {"\xEF\xBB\xBF", "\xFF\xFE", "\xFE\xFF"};

}  // namespace

// See ECMA-48, 5.4 and 5.6.
PlainText::State PlainText::FeedEscape(char byte, std::string& text) {
  if (byte == '\n' || byte == '\r' || ++length_ > kLongestSequence) {
    text += '\n';
    return State::kText;
  }
  switch (state_) {
    case State::kEscape:
      if (byte == '[') return State::kControl;
      return byte == ']' ? State::kCommand : State::kText;
    case State::kControl:
      return byte >= 0x40 && byte <= 0x7e ? State::kText : State::kControl;
    default:
      if (byte == kEscapeByte) return State::kEscape;
      return byte == kBell ? State::kText : State::kCommand;
  }
}

void PlainText::Feed(std::string_view bytes, std::string& text) {
  while (!bytes.empty()) {
    if (state_ == State::kText) {
      const std::size_t plain = std::min(bytes.find_first_of(kSpecial), bytes.size());
      text.append(bytes.substr(0, plain));
      bytes.remove_prefix(plain);
      if (bytes.empty()) return;
    }
    const char byte = bytes[0];
    bytes.remove_prefix(1);
    if (state_ == State::kMark) {
      mark_ += byte;
      bool may_be_mark = false;
      for (const std::string_view mark : kMarks) may_be_mark |= mark.substr(0, mark_.size()) == mark_;
      if (may_be_mark && mark_.size() < (mark_[0] == '\xEF' ? 3 : 2)) continue;
      state_ = State::kText;
      if (may_be_mark) continue;
      std::string first;
      first.swap(mark_);
      Feed(first, text);
    } else if (state_ != State::kText) {
      state_ = FeedEscape(byte, text);
    } else if (byte == kEscapeByte) {
      state_ = State::kEscape;
      length_ = 0;
    } else if (byte == '\r') {
      text += '\n';
    } else if (byte != '\0') {
      text += byte;
    }
  }
}

}  // namespace cleanslate
