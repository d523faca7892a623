#pragma once

// What an HttpStream says about some bytes, as text, so that tests and the fuzzer can compare how it was
// said.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "boundary/http_stream.h"

namespace cleanslate {

// Feeds `bytes` in pieces of `piece` bytes (0: all at once). One entry an event; the pieces of one body are
// one entry: "head POST /x", "head 200 id=7", "body ...", "end", "end error=Oops", "lost".
std::vector<std::string> HttpEvents(HttpStream::Direction direction, std::string_view bytes,
                                    std::size_t piece = 0);
// The same, in two pieces: [0, cut) and the rest.
std::vector<std::string> HttpEventsCutAt(HttpStream::Direction direction, std::string_view bytes,
                                         std::size_t cut);

}  // namespace cleanslate
