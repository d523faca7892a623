#pragma once

// Follows JSON a byte at a time, without keeping it: tells where a value ends and where text stops being
// JSON. Numbers and literals are checked by their alphabet only; whoever parses the value finds the rest.

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

namespace cleanslate {

class JsonScanner {
 public:
  static constexpr int kDeepest = 64;  // open objects and arrays

  enum class Step : std::uint8_t {
    kMore,   // inside the value
    kDone,   // this byte was its last
    kError,  // this byte can't be part of it
  };

  // Takes an object or an array from its first bracket on.
  Step Feed(char byte);

  int depth() const { return depth_; }
  bool in_text() const { return state_ == State::kText || state_ == State::kEscape; }
  bool in_array() const { return depth_ > 0 && is_array_[static_cast<std::size_t>(depth_ - 1)]; }

  // The name of the outermost object's current member, as it is written; its first 16 bytes.
  std::string_view member() const { return member_; }

 private:
  enum class State : std::uint8_t {
    kValue,         // a value must follow
    kFirstElement,  // a value or the array's end
    kFirstName,     // a name or the object's end
    kName,          // a name must follow
    kColon,         // between name and value
    kAfterValue,    // a comma or the end
    kText,          // in a string
    kEscape,        // after a backslash
    kWord,          // in a number, true, false, null
  };

  Step Open(bool array);
  Step Close(bool array);
  Step BeginValue(char byte);
  Step InText(char byte);

  State state_ = State::kValue;
  int depth_ = 0;
  bool text_is_name_ = false;
  std::bitset<kDeepest> is_array_;
  std::string member_;
};

// The length of the object or array that `text` begins with; 0 when there is none, or when it does not end.
std::size_t ValueLength(std::string_view text);

}  // namespace cleanslate
