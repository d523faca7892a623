#pragma once

// `cleanslate report` and `cleanslate explain`.
//
//   std::function<int()> action;           // what to do once the line is parsed
//   AddReportCommand(app, action);
//   AddExplainCommand(app, action);
//   CLI11_PARSE(app, argc, argv);
//   return action();                       // an ExitCode

#include <functional>

namespace CLI {
class App;
}

namespace cleanslate {

void AddReportCommand(CLI::App& app, std::function<int()>& action);
void AddExplainCommand(CLI::App& app, std::function<int()>& action);

}  // namespace cleanslate
