#pragma once

// The environment that the function's process gets: the caller's own, then what Lambda sets, then what
// attaches the library, then what the user gave with --env, which wins. Names:
// docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleanslate {

using EnvironmentVariables = std::vector<std::pair<std::string, std::string>>;

struct ChildSettings {
  std::string function_name;
  std::string handler;        // empty: _HANDLER is not set
  std::string execution_env;  // empty on OS-only runtimes
  std::string root;
  std::string region;
  int memory_mb = 128;
  std::uint16_t port = 0;
  std::string library;         // empty: not preloaded
  std::string node_probe;      // what Node loads beside it; empty: not there
  std::string report_output;   // CLEANSLATE_OUTPUT
  std::string suppressions;    // empty: not set
  EnvironmentVariables given;  // --env
};

// "NAME=value" each, a name once. `inherited` is a null-terminated array.
std::vector<std::string> ChildEnvironment(const ChildSettings& settings, const char* const* inherited);

// The value of `name` in `variables`, the last one that was given; `otherwise` when there is none.
std::string_view Find(const EnvironmentVariables& variables, std::string_view name,
                      std::string_view otherwise = {});

}  // namespace cleanslate
