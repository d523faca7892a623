#pragma once

// The options that `run` and `report` share: how a summary is shown, where, and what makes the command fail.
//
//   OutputOptions options;
//   AddOutputOptions(*command, options);                        // before parsing
//   absl::StatusOr<Presentation> presentation = Presentation::Prepare(options);  // before any work;
//                                                               // on error: ExitCodeOf(its status)
//   Aggregate aggregate(presentation->suppression());
//   ... presentation->source_lines().AddTo(report), aggregate.Add(report) ...
//   return presentation->Show(aggregate.Summarize());           // 0, or 1 when --fail-on matched

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "report/aggregate.h"
#include "report/fail_on.h"
#include "report/source_lines.h"

namespace CLI {
class App;
}

namespace cleanslate {

// The contract's exit codes.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailOn = 1,
  kExitUsage = 2,
  kExitFunctionFailed = 3,
  kExitUnreadable = 4,
};

struct OutputOptions {
  std::string format = "text";
  std::string output;  // empty or "-": standard output
  std::string fail_on;
  std::string suppressions;
  std::vector<std::string> symbols;  // files and folders with debug information
  std::string color = "auto";
};

void AddOutputOptions(CLI::App& command, OutputOptions& options);

// kExitUnreadable where an input can't be read, otherwise kExitUsage.
ExitCode ExitCodeOf(const absl::Status& error);

class Presentation {
 public:
  // Everything that can be wrong with the options is found here, before work begins; a message is one line
  // without "cleanslate: ". The output file is opened (and emptied) here too.
  static absl::StatusOr<Presentation> Prepare(const OutputOptions& options);

  Presentation(Presentation&&) noexcept;
  Presentation& operator=(Presentation&&) noexcept;
  ~Presentation();

  // Of the suppressions file; empty when there is none.
  Aggregate::Suppression suppression() const;

  // Of --symbols. Has warnings of its own, when all reports are through.
  SourceLines& source_lines();

  // One line each, for stderr: lines of the suppressions file that were not understood, or have expired.
  const std::vector<std::string>& warnings() const;

  // True for text on a terminal: other output of the command may be decorated as well.
  bool color() const;

  // The suppressions that the function itself applies, so that its lines which never matched can be named. A
  // file that isn't there has none; `name` is what it is called.
  void NoteSuppressionsOfFunction(const std::string& path, const std::string& name);

  // Writes the summary. kExitDone, kExitFailOn, or kExitUsage with a line on stderr when it can't be written.
  ExitCode Show(Summary summary) const;

 private:
  struct State;
  explicit Presentation(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cleanslate
