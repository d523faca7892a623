#pragma once

// A run that can begin: the command line after everything that can be wrong with it was looked at.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "emulator/emulator.h"
#include "run/child_environment.h"
#include "run/failure.h"
#include "run/run_options.h"

namespace cleanslate {

struct RunPlan {
  std::string program;
  std::vector<std::string> arguments;  // argv
  ChildSettings child;                 // without what only the session knows: port and report_output
  Emulator::Settings emulator;
  std::vector<std::string> events;
  std::optional<std::uint16_t> listen;
  // How many invocations `run` makes itself, and how many have to be answered before it ends: none, until a
  // signal.
  int own_invocations = 0;
  std::optional<int> wanted;
};

// `own_folder` is that of the running command. Starts nothing but the probes of --handler.
OrFailure<RunPlan> MakeRunPlan(const RunOptions& options, const std::filesystem::path& own_folder);

}  // namespace cleanslate
