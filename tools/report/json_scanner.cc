#include "report/json_scanner.h"

namespace cleanslate {
namespace {

constexpr std::size_t kMemberBytes = 16;

bool IsBlank(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

bool IsWordByte(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '+' ||
         byte == '.' || byte == 'E';
}

}  // namespace

JsonScanner::Step JsonScanner::Open(bool array) {
  if (depth_ == kDeepest) return Step::kError;
  is_array_[static_cast<std::size_t>(depth_)] = array;
  ++depth_;
  state_ = array ? State::kFirstElement : State::kFirstName;
  return Step::kMore;
}

JsonScanner::Step JsonScanner::Close(bool array) {
  if (depth_ == 0 || in_array() != array) return Step::kError;
  --depth_;
  state_ = State::kAfterValue;
  return depth_ == 0 ? Step::kDone : Step::kMore;
}

JsonScanner::Step JsonScanner::BeginValue(char byte) {
  if (byte == '{') return Open(false);
  if (byte == '[') return Open(true);
  if (depth_ == 0) return Step::kError;
  if (byte == '"') {
    state_ = State::kText;
    text_is_name_ = false;
    return Step::kMore;
  }
  state_ = State::kWord;
  return IsWordByte(byte) ? Step::kMore : Step::kError;
}

JsonScanner::Step JsonScanner::InText(char byte) {
  if (static_cast<unsigned char>(byte) < 0x20) return Step::kError;
  if (state_ == State::kEscape) {
    state_ = State::kText;
  } else if (byte == '\\') {
    state_ = State::kEscape;
  } else if (byte == '"') {
    state_ = text_is_name_ ? State::kColon : State::kAfterValue;
    return Step::kMore;
  }
  if (text_is_name_ && depth_ == 1 && member_.size() < kMemberBytes) member_ += byte;
  return Step::kMore;
}

JsonScanner::Step JsonScanner::Feed(char byte) {
  if (state_ == State::kText || state_ == State::kEscape) return InText(byte);
  if (state_ == State::kWord) {
    if (IsWordByte(byte)) return Step::kMore;
    state_ = State::kAfterValue;
  }
  if (IsBlank(byte)) return depth_ == 0 ? Step::kError : Step::kMore;
  switch (state_) {
    case State::kFirstElement:
      if (byte == ']') return Close(true);
      return BeginValue(byte);
    case State::kValue:
      return BeginValue(byte);
    case State::kFirstName:
      if (byte == '}') return Close(false);
      [[fallthrough]];
    case State::kName:
      if (byte != '"') return Step::kError;
      state_ = State::kText;
      text_is_name_ = true;
      if (depth_ == 1) member_.clear();
      return Step::kMore;
    case State::kColon:
      state_ = State::kValue;
      return byte == ':' ? Step::kMore : Step::kError;
    case State::kAfterValue:
      if (byte == '}' || byte == ']') return Close(byte == ']');
      state_ = in_array() ? State::kValue : State::kName;
      return byte == ',' && depth_ > 0 ? Step::kMore : Step::kError;
    case State::kText:
    case State::kEscape:
    case State::kWord:
      break;
  }
  return Step::kError;
}

std::size_t ValueLength(std::string_view text) {
  JsonScanner scanner;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (scanner.Feed(text[i])) {
      case JsonScanner::Step::kMore:
        break;
      case JsonScanner::Step::kDone:
        return i + 1;
      case JsonScanner::Step::kError:
        return 0;
    }
  }
  return 0;
}

}  // namespace cleanslate
