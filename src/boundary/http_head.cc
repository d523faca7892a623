#include "boundary/http_head.h"

namespace cleanslate {

std::string_view HttpHead::method() const {
  if (start_line.truncated()) return {};
  const std::string_view line = start_line.view();
  return First(line, line.find(' '));
}

std::string_view HttpHead::target() const {
  if (start_line.truncated()) return {};
  const std::string_view line = start_line.view();
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return {};
  return After(First(line, last), first + 1);
}

std::int64_t HttpHead::deadline_ms() const {
  constexpr std::size_t kDigits = 18;  // fits 63 bits
  const std::string_view text = deadline.view();
  if (text.empty() || text.size() > kDigits) return 0;
  std::int64_t value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return 0;
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace cleanslate
