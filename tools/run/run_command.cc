#include "run/run_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "emulator/text.h"
#include "report/aggregate.h"
#include "report/output_options.h"
#include "run/console.h"
#include "run/failure.h"
#include "run/reports_file.h"
#include "run/run_options.h"
#include "run/run_plan.h"
#include "run/session.h"

namespace cleanslate {
namespace {

constexpr const char* kFooter = R"(Examples:
  cleanslate run --handler app.handler
  cleanslate run -n 20 -e '{"id":1}' -e @event.json --handler src/app.handler
  cleanslate run --fail-on warning -- ./bootstrap
  cleanslate run --listen 9000 --handler app.handler

Exit codes: 0 done; 1 --fail-on matched; 2 wrong usage, or no such command; 3 the function crashed, exited or timed
out; 4 a file or an event can't be read, or an output can't be written.)";

int Fail(const Failure& failure) {
  const std::string line = Concat("cleanslate: ", failure.message, "\n");
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  return failure.code;
}

std::filesystem::path OwnFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

Console::Style StyleOf(const OutputOptions& options) {
  const bool never =
      options.color == "never" ||
      (options.color == "auto" && std::getenv("NO_COLOR") != nullptr && *std::getenv("NO_COLOR") != '\0');
  const bool always = options.color == "always";
  Console::Style style;
  style.color_out = always || (!never && isatty(STDOUT_FILENO) == 1);
  style.color_error = always || (!never && isatty(STDERR_FILENO) == 1);
  style.terminal_out = isatty(STDOUT_FILENO) == 1;
  style.terminal_error = style.progress = isatty(STDERR_FILENO) == 1;
  // What a program reads must be the summary alone.
  style.all_to_error = options.format != "text" && (options.output.empty() || options.output == "-");
  return style;
}

// An environment that can't be seen into is told as one where watching has stopped.
Report UnwatchedReport(const RunPlan& plan, const std::string& why) {
  Report report;
  report.type = ReportType::kQuiet;
  report.timestamp_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  report.environment = "run";
  report.function.name = plan.child.function_name;
  report.function.version = "$LATEST";
  report.function.memory_mb = plan.child.memory_mb;
  report.reason = why;
  return report;
}

// Which file the function reads, see CLEANSLATE_SUPPRESSIONS.
void NoteSuppressions(const RunPlan& plan, Presentation& presentation) {
  const char* inherited = std::getenv("CLEANSLATE_SUPPRESSIONS");
  std::string name(Find(plan.child.given, "CLEANSLATE_SUPPRESSIONS", inherited == nullptr ? "" : inherited));
  std::filesystem::path folder = plan.child.root;
  if (name.empty()) {
    name = "cleanslate.supp";
    folder = Find(plan.child.given, "LAMBDA_TASK_ROOT", plan.child.root);
  }
  presentation.NoteSuppressionsOfFunction((folder / name).string(), name);
}

int Execute(const RunOptions& options) {
  absl::StatusOr<Presentation> presentation = Presentation::Prepare(options.output);
  if (!presentation.ok()) {
    return Fail({ExitCodeOf(presentation.status()), std::string(presentation.status().message())});
  }
  OrFailure<RunPlan> plan = MakeRunPlan(options, OwnFolder());
  if (!plan) return Fail(plan.failure());
  std::optional<ReportsFile> reports_file;
  if (!options.reports.empty()) {
    absl::StatusOr<ReportsFile> opened =
        ReportsFile::Open(options.reports, Find(plan->child.given, "CLEANSLATE_TMP", "/tmp"));
    if (!opened.ok()) return Fail({kExitUnreadable, std::string(opened.status().message())});
    reports_file.emplace(*std::move(opened));
  }

  if (options.output.suppressions.empty() && !options.no_preload) NoteSuppressions(*plan, *presentation);

  Console console(StyleOf(options.output));
  for (const std::string& warning : presentation->warnings()) console.Say(warning);
  Aggregate aggregate(presentation->suppression());
  std::vector<Report> reports;
  Session session(*plan, console, [&](std::string_view line, const Report* report) {
    if (reports_file) reports_file->Add(line);
    if (report != nullptr) reports.push_back(*report);
  });
  const SessionResult result = session.Run();
  console.Progress("");
  if (result.failure) return Fail(*result.failure);

  ExitCode code = kExitDone;
  if (reports_file && !reports_file->Flush()) {
    code = kExitUnreadable;
    console.Say(Concat("--reports ", options.reports, ": can't be written: ", std::strerror(errno)));
  }
  if (result.unwatched.empty()) {
    SourceLines& source_lines = presentation->source_lines();
    for (Report& report : reports) {
      source_lines.AddTo(report);
      aggregate.Add(std::move(report));
    }
    for (const std::string& warning : source_lines.Warnings()) console.Say(warning);
  } else {
    const std::string why = Concat("this function is not watched yet: ", result.unwatched);
    console.Say(why);
    aggregate.Add(UnwatchedReport(*plan, why));
  }
  if (result.damaged_reports > 0) {
    console.Say(Concat(result.damaged_reports, " report lines could not be read"));
  }
  if (const std::string_view elsewhere = Find(plan->child.given, "CLEANSLATE_OUTPUT");
      !elsewhere.empty() && !options.no_preload) {
    console.Say(Concat("reports went to ", elsewhere, ", as --env asked: they are not in this summary"));
  }
  if (result.interrupted) {
    console.Say(Concat("interrupted after ", result.completed, " invocations"));
  }
  const ExitCode shown = presentation->Show(aggregate.Summarize());
  if (result.function_failed) return kExitFunctionFailed;
  return code != kExitDone ? code : shown;
}

}  // namespace

void AddRunCommand(CLI::App& app, const std::vector<std::string>& command, std::function<int()>& action) {
  const auto options = std::make_shared<RunOptions>();
  CLI::App& run =
      *app.add_subcommand("run", "Start a command as a Lambda runtime, preloaded, and invoke it warm");
  run.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  run.add_option("-n,--invocations", options->invocations,
                 "How many times to invoke (5, or once for each event when there are more). With --listen "
                 "and no event: "
                 "end after as many from outside")
      ->type_name("N");
  run.add_option("-e,--event", options->events, "An event as JSON, or @FILE; repeatable, used in turn ({})")
      ->type_name("JSON|@FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(1)
      ->allow_extra_args(false);
  run.add_option("--events", options->events_file, "Events, one JSON value a line")->type_name("FILE.jsonl");
  run.add_option("--root", options->root, "Task root: the function's working directory (.)")
      ->type_name("DIR");
  run.add_option("--handler", options->handler,
                 "Run this handler with its runtime's official client: app.handler, src/app.handler")
      ->type_name("FILE.FUNCTION");
  run.add_option("--memory", options->memory_mb,
                 "Memory that the function is told it has; not enforced (128)")
      ->type_name("MB");
  run.add_option("--timeout", options->timeout_seconds, "Time for one invocation (3)")->type_name("SECONDS");
  run.add_option("--env", options->environment,
                 "A variable of the function's environment; repeatable, wins over ours")
      ->type_name("NAME=VALUE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(1)
      ->allow_extra_args(false);
  run.add_option("--reports", options->reports, "Write every report line to FILE, as JSON lines")
      ->type_name("FILE");
  run.add_flag("--no-preload", options->no_preload, "A baseline: the same without the library");
  run.add_option("--listen", options->listen,
                 "Also answer POST /2015-03-31/functions/function/invocations on this port of 127.0.0.1 (0: "
                 "a free one). "
                 "Without events of its own and without -n it serves until it is interrupted")
      ->type_name("PORT");
  run.add_option("--emulate", options->emulate,
                 Concat("Speak HTTP in legal ways that are rarely met, and freeze between invocations: ",
                        std::string(kFaultNames)))
      ->type_name("WORDS");
  AddOutputOptions(run, options->output);
  // Shown in the help only: the command never reaches the parser.
  run.add_option("COMMAND", options->command,
                 "The runtime's command and its arguments, when there is no --handler");
  run.footer(kFooter);
  run.callback([options, &command, &action] {
    options->command = command;
    action = [options] { return Execute(*options); };
  });
}

SplitLine SplitCommandLine(const CLI::App& run, const std::vector<std::string>& words) {
  SplitLine line;
  std::size_t at = 0;
  while (at < words.size()) {
    const std::string& word = words[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (word.size() < 2 || word.front() != '-') break;
    line.options.push_back(word);
    ++at;
    const bool is_long = word.starts_with("--");
    const bool has_value = is_long ? word.find('=') != std::string::npos : word.size() > 2;
    if (has_value) continue;
    const CLI::Option* option = run.get_option_no_throw(word);
    const bool takes_value = option != nullptr && option->get_items_expected_max() > 0;
    if (takes_value && at < words.size()) line.options.push_back(words[at++]);
  }
  line.command.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  return line;
}

}  // namespace cleanslate
