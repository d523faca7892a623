#pragma once

// COLD. A regular file's text; empty when it can't be read or is
// larger than `most`.

#include <cstddef>
#include <string>

namespace cleanslate {

std::string ReadSmallFile(const std::string& path, std::size_t most);

}  // namespace cleanslate
