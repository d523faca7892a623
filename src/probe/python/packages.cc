#include "probe/python/packages.h"

#include <dirent.h>
#include <stdlib.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "probe/small_file.h"

namespace cleanslate {
namespace {

constexpr std::size_t kMostRecordBytes = std::size_t{4} << 20;
constexpr std::size_t kMostInstalled = 4096;

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool HasPart(std::string_view path, std::string_view part) {
  for (std::size_t at = path.find(part); at != std::string_view::npos; at = path.find(part, at + 1)) {
    const bool begins = at == 0 || path[at - 1] == '/';
    const std::size_t end = at + part.size();
    if (begins && end < path.size() && path[end] == '/') return true;
  }
  return false;
}

// Below "lib/python3.11", where an interpreter has what it brings along.
bool IsOfInterpreter(std::string_view path) {
  constexpr std::string_view kFolder = "lib/python3.";
  const std::size_t at = path.find(kFolder);
  return at != std::string_view::npos && (at == 0 || path[at - 1] == '/');
}

}  // namespace

PythonPackages::PythonPackages(std::string task_root) : root_(WithoutSlash(std::move(task_root))) {
  if (root_ == "/") root_.clear();  // everything that is installed
  real_root_ = root_;
  if (char* const real = realpath(root_.c_str(), nullptr)) {
    real_root_ = real;
    free(real);
  }
}

std::string_view PythonPackages::BelowRoot(std::string_view file) const {
  for (const std::string& root : {std::cref(root_), std::cref(real_root_)}) {
    if (root.empty() || !file.starts_with(root)) continue;
    std::string_view rest = file.substr(root.size());
    if (!rest.starts_with('/')) continue;
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    return rest;
  }
  return {};
}

std::string_view PythonPackages::OwnPath(std::string_view file) {
  if (!read_) ReadRecords();
  const std::string_view path = BelowRoot(file);
  if (path.empty() || HasPart(path, "site-packages") || HasPart(path, "dist-packages") ||
      IsOfInterpreter(path))
    return {};
  const std::string_view first = path.substr(0, path.find('/'));
  return installed_.count(std::string(first)) != 0 ? std::string_view() : path;
}

void PythonPackages::ReadRecords() {
  read_ = true;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(root_.c_str()), closedir);
  if (folder == nullptr) return;
  while (const dirent* const entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(".dist-info")) ReadRecord(root_ + "/" + entry->d_name + "/RECORD");
  }
}

// Lines of "path,hash,size"; a path with a comma is quoted.
void PythonPackages::ReadRecord(const std::string& path) {
  const std::string text = ReadSmallFile(path, kMostRecordBytes);
  std::string_view rest = text;
  while (!rest.empty() && installed_.size() < kMostInstalled) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.starts_with('"')) line.remove_prefix(1);
    const std::string_view first = line.substr(0, line.find_first_of("/,\"\r"));
    if (first.empty() || first == ".." || first == "__pycache__" || first == "bin") continue;
    installed_.emplace(first);
  }
}

}  // namespace cleanslate
