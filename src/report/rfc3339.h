#pragma once

// Times as RFC 3339 writes them, without the C library's calendar, which takes locks and reads the zone's
// file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cleanslate {

// "2026-11-23T05:02:11.123Z". A time outside the years 0 to 9999, which the form can't show, becomes the
// nearest that it can.
std::string Rfc3339(std::int64_t milliseconds_since_epoch);

// Any fraction, `Z` or a numeric offset. Nothing when the text is not of the form.
std::optional<std::int64_t> ParseRfc3339(std::string_view text);

}  // namespace cleanslate
