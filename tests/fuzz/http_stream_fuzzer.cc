// However the bytes of a connection are split, an HttpStream says the same, and never reads beyond a piece.
// The first byte says which direction it is; the bytes' own values choose one more way to split them.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http_events.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using cleanslate::HttpStream;
  if (size < 2) return 0;
  const auto direction =
      data[0] % 2 == 0 ? HttpStream::Direction::kRequests : HttpStream::Direction::kReplies;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  const auto whole = cleanslate::HttpEvents(direction, bytes);
  if (cleanslate::HttpEvents(direction, bytes, 1) != whole) std::abort();
  if (cleanslate::HttpEvents(direction, bytes, 1 + data[size - 1] % 16) != whole) std::abort();
  if (cleanslate::HttpEventsCutAt(direction, bytes, data[size / 2] % bytes.size()) != whole) std::abort();
  return 0;
}
