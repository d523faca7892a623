#include "run/child_environment.h"

#include <ctime>
#include <map>

#include "absl/strings/str_format.h"
#include "emulator/invocation.h"
#include "emulator/text.h"

namespace cleanslate {
namespace {

// No log limits a line here; the default fits CloudWatch and a pipe.
constexpr std::string_view kMaxLine = "65536";

std::string LogStream() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::string id = RandomUuid();
  std::erase(id, '-');
  return absl::StrFormat("%04d/%02d/%02d/[$LATEST]%s", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, id);
}

// Node splits NODE_OPTIONS at spaces outside of double quotes, and knows a backslash inside them.
std::string NodeOption(std::string_view file) {
  std::string option = "--require \"";
  for (const char c : file) {
    if (c == '"' || c == '\\') option += '\\';
    option += c;
  }
  return option + '"';
}

}  // namespace

std::string_view Find(const EnvironmentVariables& variables, std::string_view name,
                      std::string_view otherwise) {
  std::string_view value = otherwise;
  for (const auto& [key, each] : variables) {
    if (key == name) value = each;
  }
  return value;
}

std::vector<std::string> ChildEnvironment(const ChildSettings& settings, const char* const* inherited) {
  std::map<std::string, std::string> variables;
  for (; *inherited != nullptr; ++inherited) {
    const std::string_view text = *inherited;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  // What only Lambda sets must not come from a Lambda that we may be running in.
  for (const char* name : {"_HANDLER", "AWS_EXECUTION_ENV", "_LAMBDA_TELEMETRY_LOG_FD",
                           "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_EXEC_WRAPPER", "_X_AMZN_TRACE_ID"}) {
    variables.erase(name);
  }
  variables["AWS_LAMBDA_RUNTIME_API"] = Concat("127.0.0.1:", settings.port);
  variables["AWS_LAMBDA_FUNCTION_NAME"] = settings.function_name;
  variables["AWS_LAMBDA_FUNCTION_VERSION"] = "$LATEST";
  variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = Concat(settings.memory_mb);
  variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand";
  variables["AWS_LAMBDA_LOG_GROUP_NAME"] = Concat("/aws/lambda/", settings.function_name);
  variables["AWS_LAMBDA_LOG_STREAM_NAME"] = LogStream();
  variables["AWS_REGION"] = settings.region;
  variables["AWS_DEFAULT_REGION"] = settings.region;
  variables["LAMBDA_TASK_ROOT"] = settings.root;
  variables["LAMBDA_RUNTIME_DIR"] = "/var/runtime";
  variables["PWD"] = settings.root;
  variables["TZ"] = ":UTC";
  variables.emplace("LANG", "C.UTF-8");
  if (!settings.handler.empty()) variables["_HANDLER"] = settings.handler;
  if (!settings.execution_env.empty()) variables["AWS_EXECUTION_ENV"] = settings.execution_env;
  if (!settings.library.empty()) {
    variables["CLEANSLATE_OUTPUT"] = settings.report_output;
    variables["CLEANSLATE_REPORT"] = "all";
    variables["CLEANSLATE_MAX_LINE"] = kMaxLine;
    if (!settings.suppressions.empty()) variables["CLEANSLATE_SUPPRESSIONS"] = settings.suppressions;
  }
  for (const auto& [name, value] : settings.given) variables[name] = value;
  if (!settings.library.empty()) {
    std::string& preload = variables["LD_PRELOAD"];
    preload = preload.empty() ? settings.library : Concat(settings.library, ":", preload);
    if (!settings.node_probe.empty()) {
      // Read by Node alone; it does nothing where the library isn't preloaded.
      std::string& options = variables["NODE_OPTIONS"];
      options += Concat(options.empty() ? "" : " ", NodeOption(settings.node_probe));
    }
  }
  std::vector<std::string> environment;
  environment.reserve(variables.size());
  for (const auto& [name, value] : variables) environment.push_back(Concat(name, "=", value));
  return environment;
}

}  // namespace cleanslate
