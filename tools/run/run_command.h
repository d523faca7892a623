#pragma once

// `cleanslate run`: start a command as a Lambda runtime, preloaded, and invoke it warm.

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cleanslate {

// Registers `run` with its options. `action` is set when the command line names it. `command` is what follows
// the options, see SplitCommandLine.
void AddRunCommand(CLI::App& app, const std::vector<std::string>& command, std::function<int()>& action);

// The words after `run`: the options, which the parser is to see, and the command with its arguments, which
// may look like options of ours and are none. The command begins after `--`, or at the first word that is
// neither an option nor an option's value.
struct SplitLine {
  std::vector<std::string> options;
  std::vector<std::string> command;
};
SplitLine SplitCommandLine(const CLI::App& run, const std::vector<std::string>& words);

}  // namespace cleanslate
