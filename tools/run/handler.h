#pragma once

// `--handler app.handler`: which runtime it is for, and the command of its official client.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "run/failure.h"

namespace cleanslate {

struct RuntimeCommand {
  std::vector<std::string> arguments;
  std::string execution_env;  // AWS_EXECUTION_ENV: "AWS_Lambda_python3.11"
};

// `own_folder` is that of the running command: clients that tools/setup installed are found relative to it.
// `path` is the search path of the function.
OrFailure<RuntimeCommand> CommandOfHandler(const std::string& handler, const std::filesystem::path& root,
                                           const std::filesystem::path& own_folder, std::string_view path);

// Whether an argument reads as a handler: "app.handler", "src/app.handler", "example.Handler::handleRequest";
// and is no file.
bool HasHandlerForm(std::string_view argument);

// The whole path of `program`: found on `path`, or itself when it holds a slash. Empty when there is no such
// executable.
std::string FindProgram(const std::string& program, std::string_view path,
                        const std::filesystem::path& folder);

}  // namespace cleanslate
