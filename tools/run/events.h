#pragma once

// The events of a run: from the command line, from files, or one empty object.

#include <string>
#include <string_view>
#include <vector>

#include "run/failure.h"

namespace cleanslate {

// `given` holds JSON or @FILE; `lines_file`, if not empty, has one event a line. In that order; never empty.
// Bytes are kept as they were written. What is not JSON is refused with its file, line and column.
OrFailure<std::vector<std::string>> LoadEvents(const std::vector<std::string>& given,
                                               const std::string& lines_file);

// Empty when `text` is JSON, else "line 2, column 7: what is wrong", lines counted from `first_line`.
std::string JsonFault(std::string_view text, std::size_t first_line = 1);

}  // namespace cleanslate
