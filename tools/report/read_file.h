#pragma once

// Files as the command reads them: plain system calls, so that every error has its reason.

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cleanslate {

// The whole of a small file. Errors: "cannot read FILE: No such file or directory".
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Hands on a file's bytes ("-": standard input) in pieces, opened where they are gzip. What could be read
// before an error has been handed on.
absl::Status StreamFile(const std::string& path, const std::function<void(std::string_view)>& write);

}  // namespace cleanslate
