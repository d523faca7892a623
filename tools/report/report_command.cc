#include "report/report_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "report/aggregate.h"
#include "report/known_text.h"
#include "report/log_reader.h"
#include "report/output_options.h"
#include "report/read_file.h"
#include "report/rules_text.h"
#include "report/safe_text.h"
#include "report/wording.h"

namespace cleanslate {
namespace {

struct ReportOptions {
  std::vector<std::string> files;
  OutputOptions output;
};

void Say(const std::string& line) {
  std::cerr << "cleanslate: " << line << std::endl;
}

// A line on the terminal that is written over, for input that takes long; nothing where stderr is no
// terminal.
class Progress {
 public:
  Progress() : is_terminal_(isatty(STDERR_FILENO) == 1) {}

  void Show(std::int64_t bytes, std::int64_t reports) {
    if (!is_terminal_ || Clock::now() < next_) return;
    next_ = Clock::now() + std::chrono::milliseconds(200);
    is_shown_ = true;
    std::cerr << "\r\x1b[K" << HumanBytes(bytes) << " read, " << Counted(reports, "report") << std::flush;
  }

  void Clear() {
    if (is_shown_) std::cerr << "\r\x1b[K" << std::flush;
    is_shown_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  const bool is_terminal_;
  bool is_shown_ = false;
  Clock::time_point next_ = Clock::now() + std::chrono::seconds(1);
};

int RunReport(const ReportOptions& options) {
  absl::StatusOr<Presentation> presentation = Presentation::Prepare(options.output);
  if (!presentation.ok()) {
    Say(std::string(presentation.status().message()));
    return ExitCodeOf(presentation.status());
  }
  for (const std::string& warning : presentation->warnings()) Say(warning);

  Aggregate aggregate(presentation->suppression());
  SourceLines& source_lines = presentation->source_lines();
  LogReader reader([&](Report report) {
    source_lines.AddTo(report);
    aggregate.Add(std::move(report));
  });
  Progress progress;
  std::int64_t bytes = 0;
  bool all_read = true;
  std::vector<std::string> files = options.files;
  if (files.empty()) {
    files = {"-"};
    if (isatty(STDIN_FILENO) == 1) Say("reading standard input; end it with Ctrl-D, or name a FILE");
  }
  for (const std::string& file : files) {
    const absl::Status status = StreamFile(file, [&](std::string_view piece) {
      bytes += static_cast<std::int64_t>(piece.size());
      reader.Feed(piece);
      progress.Show(bytes, reader.reports());
    });
    reader.Finish();
    progress.Clear();
    if (status.ok()) continue;
    Say(std::string(status.message()));
    all_read = false;
  }
  for (const std::string& warning : source_lines.Warnings()) Say(warning);
  Summary summary = aggregate.Summarize();
  summary.log = reader.counts();
  const ExitCode shown = presentation->Show(std::move(summary));
  if (shown == kExitDone || shown == kExitFailOn) return all_read ? shown : kExitUnreadable;
  return shown;
}

int RunExplain(const std::string& rule) {
  if (rule.empty()) {
    std::cout << RuleTable() << "\nKnown harmless survivors, counted apart as `known`:\n\n"
              << KnownTable()
              << "\n`cleanslate explain NAME` says why a rule matters and how to fix what it finds, or why a "
                 "survivor is harmless.\n"
              << std::flush;
    return kExitDone;
  }
  if (const RuleText* found = FindRule(rule)) {
    std::cout << RulePage(*found) << std::flush;
    return kExitDone;
  }
  if (const KnownSurvivor* found = FindKnownSurvivor(rule)) {
    std::cout << KnownPage(*found) << std::flush;
    return kExitDone;
  }
  std::string_view nearest = NearestRule(rule);
  if (nearest.empty()) nearest = NearestKnown(rule);
  Say("there is no rule `" + Visible(rule) + "`" +
      (nearest.empty() ? "; `cleanslate explain` lists all" : ": is it " + std::string(nearest) + "?"));
  return kExitUsage;
}

}  // namespace

void AddReportCommand(CLI::App& app, std::function<int()>& action) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command =
      app.add_subcommand("report", "Read reports out of logs in any of the forms people have");
  command->add_option(
      "FILE", options->files,
      "Logs, plain or gzip: lines, `aws logs tail`, filter-log-events JSON, ...; - or none: standard input");
  AddOutputOptions(*command, options->output);
  command->callback([options, &action] { action = [options] { return RunReport(*options); }; });
}

void AddExplainCommand(CLI::App& app, std::function<int()>& action) {
  auto rule = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "explain", "What a rule means, why it matters, how to fix it; what a known survivor is");
  command->add_option("RULE", *rule, "A rule's name, or a known survivor's; none: the tables of all");
  command->callback([rule, &action] { action = [rule] { return RunExplain(*rule); }; });
}

}  // namespace cleanslate
