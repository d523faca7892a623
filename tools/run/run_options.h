#pragma once

// The command line of `run`, as it was written.

#include <optional>
#include <string>
#include <vector>

#include "report/output_options.h"

namespace cleanslate {

struct RunOptions {
  std::optional<int> invocations;
  std::vector<std::string> events;  // JSON, or @FILE
  std::string events_file;
  std::string root;
  std::string handler;
  int memory_mb = 128;
  double timeout_seconds = 3;
  std::vector<std::string> environment;  // NAME=VALUE
  std::string reports;
  bool no_preload = false;
  std::optional<int> listen;
  std::string emulate;
  OutputOptions output;
  std::vector<std::string> command;
};

}  // namespace cleanslate
