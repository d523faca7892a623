#pragma once

#include <string>
#include <string_view>

namespace cleanslate {

// One gzip member.
std::string GzipText(std::string_view text);

}  // namespace cleanslate
