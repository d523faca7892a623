#include "run/handler.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "emulator/text.h"

namespace cleanslate {
namespace {

namespace fs = std::filesystem;

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool IsExecutable(const fs::path& path) {
  return IsFile(path) && access(path.c_str(), X_OK) == 0;
}

// The standard output of a short command; nothing when it fails.
std::optional<std::string> OutputOf(const std::vector<std::string>& arguments, const fs::path& folder) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string output;
  char piece[512];
  for (ssize_t size; error == 0 && (size = read(ends[0], piece, sizeof(piece))) > 0;) {
    output.append(piece, static_cast<std::size_t>(size));
  }
  close(ends[0]);
  int status = 0;
  if (error != 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return std::nullopt;
  }
  return std::string(StripBlanks(output));
}

// Every executable of that name along the path.
std::vector<fs::path> AllOnPath(std::string_view name, std::string_view path) {
  std::vector<fs::path> found;
  for (const std::string_view folder : SplitSkippingEmpty(path, ':')) {
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
    if (IsExecutable(candidate)) found.push_back(fs::absolute(candidate));
  }
  return found;
}

OrFailure<RuntimeCommand> PythonCommand(const std::string& handler, const fs::path& root,
                                        const fs::path& own_folder, std::string_view path) {
  std::vector<fs::path> interpreters = AllOnPath("python3", path);
  const fs::path ours = own_folder / "../runtimes/python/bin/python3";
  if (IsExecutable(ours)) interpreters.push_back(ours.lexically_normal());
  constexpr const char* kProbe =
      "import importlib.util, sys\n"
      "if importlib.util.find_spec('awslambdaric') is None: sys.exit(1)\n"
      "print('%d.%d' % sys.version_info[:2])";
  for (const fs::path& interpreter : interpreters) {
    const auto version = OutputOf({interpreter.string(), "-c", kProbe}, root);
    if (!version) continue;
    return RuntimeCommand{{interpreter.string(), "-m", "awslambdaric", handler},
                          Concat("AWS_Lambda_python", *version)};
  }
  return Failure{
      kExitUsage,
      "the official Python client is not installed: run `python3 -m pip install awslambdaric`, or give the "
      "runtime's command instead of --handler"};
}

struct NodeClient {
  fs::path script;
  fs::path node;
};

std::optional<NodeClient> FindNodeClient(const fs::path& root, const fs::path& own_folder,
                                         std::string_view path) {
  constexpr std::string_view kScript = "aws-lambda-ric/bin/index.mjs";
  const std::vector<fs::path> nodes = AllOnPath("node", path);
  if (!nodes.empty()) {
    // Beside the function's own modules, in a folder above as Node.js resolves them, or among its global
    // ones.
    for (fs::path folder = root;; folder = folder.parent_path()) {
      if (IsFile(folder / "node_modules" / kScript))
        return NodeClient{folder / "node_modules" / kScript, nodes[0]};
      if (folder == folder.parent_path()) break;
    }
    for (const fs::path& node : nodes) {
      std::error_code error;
      const fs::path real = fs::canonical(node, error);
      for (const fs::path& each : {node, real}) {
        const fs::path script = each.parent_path().parent_path() / "lib/node_modules" / kScript;
        if (IsFile(script)) return NodeClient{script, node};
      }
    }
  }
  const fs::path ours = (own_folder / "../runtimes/node").lexically_normal();
  const fs::path script = ours / "node_modules" / kScript;
  if (!IsFile(script)) return std::nullopt;
  if (IsExecutable(ours / "bin/node")) return NodeClient{script, ours / "bin/node"};
  if (nodes.empty()) return std::nullopt;
  return NodeClient{script, nodes[0]};
}

OrFailure<RuntimeCommand> NodeCommand(const std::string& handler, const fs::path& root,
                                      const fs::path& own_folder, std::string_view path) {
  const auto client = FindNodeClient(root, own_folder, path);
  if (!client) {
    return Failure{kExitUsage,
                   "the official Node.js client is not installed: run `npm install aws-lambda-ric`, or give "
                   "the runtime's "
                   "command instead of --handler"};
  }
  RuntimeCommand command{{client->node.string(), client->script.string(), handler}, ""};
  if (const auto version = OutputOf({client->node.string(), "--version"}, root)) {
    const std::string_view major = std::string_view(*version).substr(0, version->find('.'));
    command.execution_env = Concat("AWS_Lambda_nodejs", major.substr(major.starts_with("v") ? 1 : 0), ".x");
  }
  return command;
}

std::string DotsToSlashes(std::string_view text) {
  std::string path(text);
  std::replace(path.begin(), path.end(), '.', '/');
  return path;
}

// The file that each language's client would load. Python: the text before the last dot, dots and slashes
// alike separate folders. Node.js: the folder, then the text before the first dot of what follows.
fs::path PythonModule(std::string_view handler) {
  return DotsToSlashes(handler.substr(0, handler.rfind('.')));
}

fs::path NodeModule(std::string_view handler) {
  const std::size_t slash = handler.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(handler.substr(0, handler.find('.', name)));
}

}  // namespace

OrFailure<RuntimeCommand> CommandOfHandler(const std::string& handler, const fs::path& root,
                                           const fs::path& own_folder, std::string_view path) {
  const std::size_t slash = handler.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t dot = handler.find('.', name);
  if (dot == std::string::npos || dot == name || handler.back() == '.') {
    return Failure{kExitUsage,
                   Concat("--handler ", handler, ": not of the form FILE.FUNCTION, e.g. app.handler")};
  }
  const fs::path python = root / PythonModule(handler);
  const fs::path node = root / NodeModule(handler);
  if (IsFile(python.string() + ".py") || IsFile(python / "__init__.py")) {
    return PythonCommand(handler, root, own_folder, path);
  }
  for (const std::string_view suffix : {".js", ".mjs", ".cjs", "/index.js", "/index.mjs", "/index.cjs"}) {
    if (IsFile(Concat(node.string(), suffix))) return NodeCommand(handler, root, own_folder, path);
  }
  if (IsFile(node.string() + ".rb")) {
    return Failure{kExitUsage, Concat("--handler ", handler,
                                      ": Ruby's client is not started by name yet: give its command, e.g. "
                                      "`aws_lambda_ric ",
                                      handler, "`")};
  }
  if (IsFile(node.string() + ".ts")) {
    return Failure{kExitUsage, Concat("--handler ", handler, ": ", node.string(),
                                      ".ts is TypeScript: compile it, and point --root at the output")};
  }
  return Failure{kExitUnreadable, Concat("--handler ", handler, ": neither ", python.string(), ".py nor ",
                                         node.string(), ".js, .mjs or .cjs exists: check --root")};
}

bool HasHandlerForm(std::string_view argument) {
  if (argument.empty() || argument.front() == '-' || argument.ends_with("/")) return false;
  std::error_code ignored;
  if (fs::exists(fs::path(argument), ignored)) return false;
  const auto is_word = [](unsigned char c) { return IsAlphanumeric(c) || c == '_' || c == '$'; };
  const std::size_t dot = argument.rfind('.');
  const std::size_t colons = argument.rfind("::");  // Java and .NET name a method of a class
  const bool is_method = colons != std::string_view::npos;
  const std::size_t name = colons != std::string_view::npos ? colons + 2
                           : dot == std::string_view::npos  ? dot
                                                            : dot + 1;
  if (name == std::string_view::npos || name >= argument.size()) return false;
  const std::string_view function = argument.substr(name);
  const std::string_view file = argument.substr(0, colons != std::string_view::npos ? colons : dot);
  if (file.empty() || file.back() == '/' || file.back() == '.') return false;
  return !(function[0] >= '0' && function[0] <= '9') &&
         std::all_of(function.begin(), function.end(), is_word) &&
         std::all_of(file.begin(), file.end(), [&](unsigned char c) {
           return is_word(c) || c == '.' || c == '/' || c == '-' || (c == ':' && is_method);
         });
}

std::string FindProgram(const std::string& program, std::string_view path, const fs::path& folder) {
  if (program.find('/') == std::string::npos) {
    const std::vector<fs::path> found = AllOnPath(program, path);
    return found.empty() ? "" : found.front().string();
  }
  // As Lambda does: relative to the task root. As a shell does: relative to where the command was given.
  for (const fs::path& candidate : {folder / program, fs::absolute(program)}) {
    if (IsExecutable(candidate)) return candidate.lexically_normal().string();
  }
  return "";
}

}  // namespace cleanslate
