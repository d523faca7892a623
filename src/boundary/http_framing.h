#pragma once

// The two fields that say where a message's body ends (RFC 9112, 6), from their whole values.

#include <cstdint>
#include <string_view>

namespace cleanslate {

// False when `list` is no number, or several that differ: a list of equal numbers counts as one.
bool ParseContentLength(std::string_view list, std::uint64_t& length);

enum class TransferCoding : std::uint8_t {
  kNone,     // only "identity"
  kChunked,  // as the last coding, applied once: the only one that frames a body
  kOther,
  kBad,
};
TransferCoding ParseTransferEncoding(std::string_view list);

}  // namespace cleanslate
