#include "run/run_plan.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "emulator/text.h"
#include "run/events.h"
#include "run/handler.h"

namespace cleanslate {
namespace {

namespace fs = std::filesystem;

constexpr int kDefaultInvocations = 5;
constexpr int kMostInvocations = 1'000'000;
constexpr int kLeastMemory = 128, kMostMemory = 10'240;
constexpr double kLongestTimeout = 900;
constexpr int kMostConcurrency = 1'000;

Failure Usage(std::string message) {
  return {kExitUsage, std::move(message)};
}

std::string_view OrDefault(const char* value, std::string_view otherwise) {
  return value == nullptr || *value == '\0' ? otherwise : std::string_view(value);
}

bool ParseNumber(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

// Lambda's rule for names: letters, digits, hyphens and underscores, at most 64.
std::string FunctionName(const fs::path& root) {
  std::string name;
  for (const char c : root.filename().string()) {
    if (IsAlphanumeric(c) || c == '-' || c == '_') name += c;
  }
  return name.empty() ? "function" : name.substr(0, 64);
}

std::optional<Failure> CheckNumbers(const RunOptions& options) {
  if (options.invocations && (*options.invocations < 1 || *options.invocations > kMostInvocations)) {
    return Usage(Concat("--invocations ", *options.invocations, ": not from 1 to ", kMostInvocations));
  }
  if (options.memory_mb < kLeastMemory || options.memory_mb > kMostMemory) {
    return Usage(
        Concat("--memory ", options.memory_mb, ": not from ", kLeastMemory, " to ", kMostMemory, " MB"));
  }
  if (!(options.timeout_seconds > 0 && options.timeout_seconds <= kLongestTimeout)) {
    return Usage(absl::StrFormat("--timeout %g: not above 0 and up to %g seconds", options.timeout_seconds,
                                 kLongestTimeout));
  }
  if (options.listen && (*options.listen < 0 || *options.listen > 65535)) {
    return Usage(Concat("--listen ", *options.listen, ": not a port (0 to 65535)"));
  }
  return std::nullopt;
}

OrFailure<EnvironmentVariables> ParseEnvironment(const std::vector<std::string>& given) {
  EnvironmentVariables variables;
  for (const std::string& each : given) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Usage(Concat("--env ", each, ": not of the form NAME=VALUE"));
    }
    variables.emplace_back(each.substr(0, equals), each.substr(equals + 1));
  }
  return variables;
}

OrFailure<std::string> FindLibrary(const fs::path& own_folder) {
  for (const char* folder : {"../lib", "../lib64", "../lib/" CLEANSLATE_LIBRARY_TUPLE}) {
    const fs::path library = (own_folder / folder / "libcleanslate.so").lexically_normal();
    std::error_code ignored;
    if (!fs::exists(library, ignored)) continue;
    if (library.string().find_first_of(": \t\n") == std::string::npos) return library.string();
    return Failure{kExitUnreadable, Concat(library.string(),
                                           ": LD_PRELOAD can't name a path with a blank or a colon: install "
                                           "cleanslate elsewhere")};
  }
  return Failure{kExitUnreadable, Concat((own_folder / "../lib/libcleanslate.so").lexically_normal().string(),
                                         ": not there: build or install it, or use --no-preload")};
}

// Lambda's own bootstraps put the wrapper before the runtime's command.
std::optional<Failure> Wrap(RunPlan& plan, const std::string& path) {
  const std::string wrapper(Find(plan.child.given, "AWS_LAMBDA_EXEC_WRAPPER"));
  if (wrapper.empty()) return std::nullopt;
  const std::string found = FindProgram(wrapper, path, plan.child.root);
  if (found.empty()) return Usage(Concat("AWS_LAMBDA_EXEC_WRAPPER=", wrapper, ": not an executable file"));
  plan.arguments.front() = plan.program;
  plan.arguments.insert(plan.arguments.begin(), found);
  plan.program = found;
  return std::nullopt;
}

// With --listen and no events of its own, `run` leaves the invoking to others.
void PlanInvocations(const RunOptions& options, RunPlan& plan) {
  const bool has_events = !options.events.empty() || !options.events_file.empty();
  const int all_events = std::max(kDefaultInvocations, static_cast<int>(plan.events.size()));
  if (!options.listen || has_events) plan.own_invocations = options.invocations.value_or(all_events);
  if (!options.listen) {
    plan.wanted = plan.own_invocations;
  } else {
    plan.wanted = options.invocations;
  }
}

std::optional<Failure> PlanCommand(const RunOptions& options, const fs::path& own_folder, RunPlan& plan) {
  const std::string path(
      Find(plan.child.given, "PATH", OrDefault(getenv("PATH"), "/usr/local/bin:/usr/bin:/bin")));
  if (!options.handler.empty()) {
    if (!options.command.empty()) {
      return Usage(Concat("--handler chooses the command itself: drop `", options.command.front(),
                          "`, or set _HANDLER with --env"));
    }
    OrFailure<RuntimeCommand> runtime = CommandOfHandler(options.handler, plan.child.root, own_folder, path);
    if (!runtime) return runtime.failure();
    plan.arguments = std::move(runtime->arguments);
    plan.child.execution_env = std::move(runtime->execution_env);
    plan.child.handler = options.handler;
  } else {
    if (options.command.empty()) {
      return Usage(
          "which function? give --handler FILE.FUNCTION or a COMMAND, e.g. cleanslate run --handler "
          "app.handler");
    }
    plan.arguments = options.command;
    const std::string& last = plan.arguments.back();
    std::error_code ignored;
    if (plan.arguments.size() > 1 && HasHandlerForm(last) &&
        !fs::exists(plan.child.root + "/" + last, ignored)) {
      plan.child.handler = last;
    }
  }
  plan.program = FindProgram(plan.arguments.front(), path, plan.child.root);
  if (plan.program.empty()) {
    return Usage(Concat(plan.arguments.front(),
                        ": no such executable: check the name and PATH, or give a path relative to --root"));
  }
  return Wrap(plan, path);
}

}  // namespace

OrFailure<RunPlan> MakeRunPlan(const RunOptions& options, const fs::path& own_folder) {
  if (const auto failure = CheckNumbers(options)) return *failure;
  RunPlan plan;

  std::error_code error;
  const fs::path root = fs::canonical(options.root.empty() ? "." : options.root, error);
  if (error || !fs::is_directory(root)) {
    return Failure{kExitUnreadable, Concat("--root ", options.root, ": ",
                                           error ? error.message() : std::string("not a folder"))};
  }
  plan.child.root = root.string();

  OrFailure<EnvironmentVariables> given = ParseEnvironment(options.environment);
  if (!given) return given.failure();
  plan.child.given = std::move(*given);

  absl::StatusOr<Faults> faults = ParseFaults(options.emulate);
  if (!faults.ok()) return Usage(Concat("--emulate: ", faults.status().message()));
  plan.emulator.faults = *faults;

  int concurrency = 1;
  const std::string_view wanted = Find(plan.child.given, "AWS_LAMBDA_MAX_CONCURRENCY", "1");
  if (!ParseNumber(wanted, concurrency) || concurrency < 1 || concurrency > kMostConcurrency) {
    return Usage(Concat("--env AWS_LAMBDA_MAX_CONCURRENCY=", wanted, ": not from 1 to ", kMostConcurrency));
  }

  OrFailure<std::vector<std::string>> events = LoadEvents(options.events, options.events_file);
  if (!events) return events.failure();
  plan.events = std::move(*events);
  PlanInvocations(options, plan);
  if (options.listen) plan.listen = static_cast<std::uint16_t>(*options.listen);

  if (const auto failure = PlanCommand(options, own_folder, plan)) return *failure;

  if (!options.no_preload) {
    OrFailure<std::string> library = FindLibrary(own_folder);
    if (!library) return library.failure();
    plan.child.library = std::move(*library);
    const fs::path node_probe = fs::path(plan.child.library).parent_path() / "cleanslate-node.cjs";
    if (std::error_code ignored; fs::exists(node_probe, ignored)) plan.child.node_probe = node_probe.string();
  }
  if (!options.output.suppressions.empty()) {
    plan.child.suppressions = fs::absolute(options.output.suppressions).lexically_normal().string();
  }
  plan.child.memory_mb = options.memory_mb;
  plan.child.function_name =
      std::string(Find(plan.child.given, "AWS_LAMBDA_FUNCTION_NAME", FunctionName(root)));
  plan.child.region =
      std::string(OrDefault(getenv("AWS_REGION"), OrDefault(getenv("AWS_DEFAULT_REGION"), "us-east-1")));

  using Duration = RuntimeApi::Clock::duration;
  const auto timeout =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.timeout_seconds));
  plan.emulator.limits.concurrency = concurrency;
  plan.emulator.limits.timeout = timeout;
  plan.emulator.limits.init_timeout = std::max<Duration>(std::chrono::seconds(10), timeout);
  plan.emulator.function_name = plan.child.function_name;
  plan.emulator.region = plan.child.region;
  return plan;
}

}  // namespace cleanslate
