#include "run/process_tree.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <system_error>

namespace cleanslate {
namespace {

pid_t ParentOf(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string text;
  std::getline(file, text, '\0');
  // pid (name) state ppid: the name may hold anything, also parentheses.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 >= text.size()) return 0;
  return std::atoi(text.c_str() + name_end + 4);
}

}  // namespace

std::vector<pid_t> Descendants(pid_t root) {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc", error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    const pid_t pid = std::atoi(entry->path().filename().c_str());
    if (pid > 0) children.emplace(ParentOf(entry->path()), pid);
    entry.increment(error);
  }
  std::vector<pid_t> found;
  std::vector<pid_t> parents = {root};
  for (std::size_t at = 0; at < parents.size(); ++at) {
    const auto [begin, end] = children.equal_range(parents[at]);
    for (auto child = begin; child != end; ++child) {
      found.push_back(child->second);
      parents.push_back(child->second);
    }
  }
  return found;
}

void StopDescendants(pid_t root) {
  // One that was about to fork may have done it before it stopped: look again until nothing is new.
  std::set<pid_t> stopped;
  for (bool found_new = true; found_new;) {
    found_new = false;
    for (const pid_t pid : Descendants(root)) {
      if (!stopped.insert(pid).second) continue;
      kill(pid, SIGSTOP);
      found_new = true;
    }
  }
}

void ContinueDescendants(pid_t root) {
  for (const pid_t pid : Descendants(root)) kill(pid, SIGCONT);
}

}  // namespace cleanslate
