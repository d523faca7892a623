#include "boundary/http_framing.h"

#include "boundary/bounded_text.h"
#include "boundary/http_characters.h"

namespace cleanslate {
namespace {

bool EqualsLower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

// The next element of a comma-separated list, without the blanks around it.
std::string_view TakeElement(std::string_view& list) {
  const std::size_t comma = list.find(',');
  std::string_view element = First(list, comma);
  list = comma == std::string_view::npos ? std::string_view() : After(list, comma + 1);
  while (!element.empty() && IsBlank(element.front())) element.remove_prefix(1);
  while (!element.empty() && IsBlank(element.back())) element.remove_suffix(1);
  return element;
}

}  // namespace

bool ParseContentLength(std::string_view list, std::uint64_t& length) {
  constexpr std::size_t kDigits = 18;
  bool first = true;
  do {
    const std::string_view element = TakeElement(list);
    if (element.empty() || element.size() > kDigits) return false;
    std::uint64_t value = 0;
    for (const char digit : element) {
      if (!IsDigit(digit)) return false;
      value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (!first && value != length) return false;
    length = value;
    first = false;
  } while (!list.empty());
  return true;
}

TransferCoding ParseTransferEncoding(std::string_view list) {
  TransferCoding last = TransferCoding::kBad;
  while (!list.empty()) {
    const std::string_view element = TakeElement(list);
    if (element.empty()) continue;
    if (last == TransferCoding::kChunked) return TransferCoding::kBad;
    if (EqualsLower(element, "chunked")) {
      last = TransferCoding::kChunked;
    } else if (!EqualsLower(element, "identity")) {
      last = TransferCoding::kOther;
    } else if (last == TransferCoding::kBad) {
      last = TransferCoding::kNone;
    }
  }
  return last;
}

}  // namespace cleanslate
