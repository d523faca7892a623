#include "run/line_splitter.h"

#include <utility>

namespace cleanslate {

void LineSplitter::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::size_t room = kLongest - rest_.size();
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end;
    if (size > room) {
      rest_.append(bytes.substr(0, room));
      bytes.remove_prefix(room);
      sink_(std::exchange(rest_, {}));
      continue;
    }
    rest_.append(bytes.substr(0, size));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(size + 1);
    sink_(std::exchange(rest_, {}));
  }
}

void LineSplitter::Finish() {
  if (!rest_.empty()) sink_(std::exchange(rest_, {}));
}

}  // namespace cleanslate
