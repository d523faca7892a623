// The command `cleanslate`.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "report/output_options.h"
#include "report/report_command.h"
#include "run/run_command.h"

namespace {

// A descriptor of ours must never become the standard input, output or error of somebody.
void OpenStandardStreams() {
  int descriptor;
  do {
    descriptor = open("/dev/null", O_RDWR);
  } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor > STDERR_FILENO) close(descriptor);
}

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

int Main(std::vector<std::string> words) {
  CLI::App app("Proves whether every invocation of a serverless function gets a clean slate.", "cleanslate");
  app.set_version_flag("--version", "cleanslate " CLEANSLATE_VERSION);
  app.require_subcommand(1);

  std::function<int()> action;
  std::vector<std::string> command;
  cleanslate::AddRunCommand(app, command, action);
  cleanslate::AddReportCommand(app, action);
  cleanslate::AddExplainCommand(app, action);

  if (!words.empty() && words.front() == "run") {
    cleanslate::SplitLine line =
        cleanslate::SplitCommandLine(*app.get_subcommand("run"), {words.begin() + 1, words.end()});
    command = std::move(line.command);
    line.options.insert(line.options.begin(), "run");
    words = std::move(line.options);
  }
  const bool asks_run = !words.empty() && words.front() == "run";
  std::reverse(words.begin(), words.end());  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "cleanslate: %s: see cleanslate %s--help\n", OneLine(error.what()).c_str(),
                 asks_run ? "run " : "");
    return cleanslate::kExitUsage;
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  OpenStandardStreams();
  // A reader of our output that goes away is not a reason to leave the function's processes behind.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cleanslate: unexpected: %s\n", OneLine(error.what()).c_str());
    return cleanslate::kExitUnreadable;
  }
}
