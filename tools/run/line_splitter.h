#pragma once

// Bytes to lines.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace cleanslate {

class LineSplitter {
 public:
  // A longer line comes in pieces of this size, as CloudWatch cuts it.
  static constexpr std::size_t kLongest = 256 << 10;

  using Sink = std::function<void(std::string_view line)>;  // without its newline

  explicit LineSplitter(Sink sink) : sink_(std::move(sink)) {}

  void Add(std::string_view bytes);
  // The stream has ended: what has no newline is a line as well.
  void Finish();

 private:
  Sink sink_;
  std::string rest_;
};

}  // namespace cleanslate
