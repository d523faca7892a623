#pragma once

// Which files are the user's own: those below the task root that neither a package manager nor an interpreter
// has put there. Nothing is, where the root isn't known or is "/".
//
// COLD; reads the task root's *.dist-info/RECORD files once.

#include <string>
#include <string_view>
#include <unordered_set>

namespace cleanslate {

class PythonPackages {
 public:
  explicit PythonPackages(std::string task_root);

  // The path below the task root; empty when the file isn't the user's.
  std::string_view OwnPath(std::string_view file);
  const std::string& task_root() const { return root_; }

 private:
  std::string_view BelowRoot(std::string_view file) const;
  void ReadRecords();
  void ReadRecord(const std::string& path);

  std::string root_, real_root_;  // without a slash at the end
  bool read_ = false;
  std::unordered_set<std::string> installed_;  // first parts of paths: "requests", "six.py"
};

}  // namespace cleanslate
