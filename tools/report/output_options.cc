#include "report/output_options.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>

#include "analysis/suppressions.h"
#include "report/entry_json.h"
#include "report/read_file.h"
#include "report/render.h"
#include "report/safe_text.h"

namespace cleanslate {
namespace {

constexpr int kUsualWidth = 100;
constexpr int kWidestText = 120;  // longer lines are hard to read

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

int TerminalWidth(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return std::min<int>(size.ws_col, kWidestText);
}

absl::Status Check(const std::string& option, const std::string& value,
                   std::initializer_list<const char*> valid) {
  std::string list;
  for (const char* each : valid) {
    if (value == each) return absl::OkStatus();
    list += (list.empty() ? "" : ", ") + std::string(each);
  }
  return absl::InvalidArgumentError(option + ": `" + Visible(value) + "` is not one of " + list);
}

std::chrono::sys_days Today() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

// A line is used when it has silenced something here, or inside of the function, whose reports say so.
void AddUnused(const Suppressions& suppressions, const std::string& name, Summary& summary) {
  const Totals& totals = summary.totals;
  // What a short line did not list may have been of any.
  if (totals.windows == 0 || totals.left_out.contains("suppressed")) return;
  for (const Suppression& line : suppressions.Unused()) {
    const std::string text = Json::parse(Dump(Json(line.Text()))).get<std::string>();  // as reports have it
    if (!totals.suppressed.contains(text)) summary.unused_suppressions.push_back({name, line.line, text});
  }
}

}  // namespace

struct Presentation::State {
  OutputOptions options;
  FailOn fail_on;
  Suppressions suppressions;
  std::string suppressions_name;
  Suppressions of_function;
  std::string of_function_name;
  SourceLines source_lines;
  std::vector<std::string> warnings;
  bool to_file = false;
  mutable std::ofstream file;
};

Presentation::Presentation(std::unique_ptr<State> state) : state_(std::move(state)) {}
Presentation::Presentation(Presentation&&) noexcept = default;
Presentation& Presentation::operator=(Presentation&&) noexcept = default;
Presentation::~Presentation() = default;

void AddOutputOptions(CLI::App& command, OutputOptions& options) {
  command.add_option("--format", options.format, "text or json")->capture_default_str();
  command.add_option("-o,--output", options.output, "Write to FILE instead of standard output")
      ->type_name("FILE");
  command
      .add_option("--fail-on", options.fail_on,
                  "Exit 1 on a finding of this severity or worse, or of this rule; several with commas")
      ->type_name("RULE|info|warning|critical[,...]");
  command
      .add_option("--suppressions", options.suppressions,
                  "Findings to keep quiet about, a line `rule:glob [until=YYYY-MM-DD] [# reason]` each")
      ->type_name("FILE");
  command
      .add_option(
          "--symbols", options.symbols,
          "Add source lines from debug information: an unstripped program or library, a .debug file, or "
          "a folder of them, found by build id; repeatable")
      ->type_name("DIR|FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(1)
      ->allow_extra_args(false);
  command.add_option("--color", options.color, "auto, always or never; NO_COLOR is honoured")
      ->capture_default_str();
}

ExitCode ExitCodeOf(const absl::Status& error) {
  return absl::IsUnavailable(error) ? kExitUnreadable : kExitUsage;
}

absl::StatusOr<Presentation> Presentation::Prepare(const OutputOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  for (const char* later : {"html", "sarif", "junit"}) {
    if (options.format == later) {
      return absl::UnimplementedError("--format " + options.format + " is not there yet: use text or json");
    }
  }
  if (absl::Status status = Check("--format", options.format, {"text", "json"}); !status.ok()) return status;
  if (absl::Status status = Check("--color", options.color, {"auto", "always", "never"}); !status.ok())
    return status;

  absl::StatusOr<FailOn> fail_on = ParseFailOn(options.fail_on);
  if (!fail_on.ok()) return fail_on.status();
  state->fail_on = *std::move(fail_on);

  if (!options.suppressions.empty()) {
    absl::StatusOr<std::string> text = ReadFile(options.suppressions);
    if (!text.ok())
      return absl::InvalidArgumentError("--suppressions: " + std::string(text.status().message()));
    std::vector<SuppressionDiagnostic> diagnostics;
    state->suppressions = Suppressions::Parse(*text, Today(), &diagnostics);
    state->suppressions_name = options.suppressions;
    for (const SuppressionDiagnostic& diagnostic : diagnostics) {
      state->warnings.push_back(Visible(options.suppressions) + ":" + std::to_string(diagnostic.line) + ": " +
                                Visible(diagnostic.message));
    }
  }

  absl::StatusOr<SourceLines> source_lines = SourceLines::Open(options.symbols);
  if (!source_lines.ok()) return source_lines.status();
  state->source_lines = *std::move(source_lines);

  if (!options.output.empty() && options.output != "-") {
    state->to_file = true;
    errno = 0;
    state->file.open(options.output, std::ios::binary | std::ios::trunc);
    if (!state->file) {
      return absl::InvalidArgumentError("--output: cannot write " + Visible(options.output) + ": " +
                                        std::strerror(errno != 0 ? errno : EIO));
    }
  }
  return Presentation(std::move(state));
}

Aggregate::Suppression Presentation::suppression() const {
  if (state_->suppressions.All().empty()) return {};
  return [suppressions = &state_->suppressions](const Finding& finding) -> std::optional<std::string> {
    const Suppression* line = suppressions->Suppress(finding);
    if (line == nullptr) return std::nullopt;
    return line->Text();
  };
}

void Presentation::NoteSuppressionsOfFunction(const std::string& path, const std::string& name) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return;
  // The function has told of bad lines itself.
  state_->of_function = Suppressions::Parse(*text, Today());
  state_->of_function_name = name;
}

SourceLines& Presentation::source_lines() {
  return state_->source_lines;
}

const std::vector<std::string>& Presentation::warnings() const {
  return state_->warnings;
}

bool Presentation::color() const {
  if (state_->options.format != "text") return false;
  if (state_->options.color != "auto") return state_->options.color == "always";
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return !state_->to_file && !IsSet("NO_COLOR") && !is_dumb && isatty(STDOUT_FILENO) == 1;
}

ExitCode Presentation::Show(Summary summary) const {
  AddUnused(state_->suppressions, state_->suppressions_name, summary);
  AddUnused(state_->of_function, state_->of_function_name, summary);
  const TextStyle style{color(), state_->to_file ? kUsualWidth : TerminalWidth(STDOUT_FILENO)};
  const std::string text =
      state_->options.format == "json" ? RenderJson(summary) : RenderText(summary, style);
  std::ostream& out = state_->to_file ? static_cast<std::ostream&>(state_->file) : std::cout;
  errno = 0;
  out.write(text.data(), static_cast<std::streamsize>(text.size())).flush();
  if (!out) {
    std::cerr << "cleanslate: cannot write "
              << (state_->to_file ? Visible(state_->options.output) : "standard output") << ": "
              << std::strerror(errno != 0 ? errno : EIO) << std::endl;
    return kExitUsage;
  }
  return state_->fail_on.Matches(summary) ? kExitFailOn : kExitDone;
}

}  // namespace cleanslate
