#pragma once

// The modules that are loaded, told apart: the user's, which are looked into, and all others, which are found
// by name and never imported.
//
// COLD; with the interpreter's lock. What List returns is valid while the lock is held.

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "probe/python/objects.h"
#include "probe/python/packages.h"

namespace cleanslate {

struct PythonModule {
  std::string_view name;
  PythonObject* dict = nullptr;
  std::string_view file;  // below the task root; empty: it was not read from a file
};

class PythonModules {
 public:
  PythonModules(const PythonApi& api, const PythonObjects& objects, std::string task_root)
      : api_(api), objects_(objects), packages_(std::move(task_root)) {}

  void List();

  const std::vector<PythonModule>& own() const { return own_; }
  // The variables of a module; null: it isn't loaded.
  PythonObject* DictOf(std::string_view module) const {
    const auto found = all_.find(module);
    return found != all_.end() ? found->second : nullptr;
  }
  PythonObject* Find(std::string_view module, std::string_view name) const {
    PythonObject* const dict = DictOf(module);
    return dict != nullptr ? objects_.Find(dict, name) : nullptr;
  }
  // Whose variables these are, as an index of own(); -1: somebody else's.
  int OwnerOf(const PythonObject* dict) const;
  const std::string& task_root() const { return packages_.task_root(); }

 private:
  struct Known {
    std::string name;
    std::string file;
    bool own = false;
  };
  const Known& Learn(PythonObject* module, std::string_view name, PythonObject* dict);

  const PythonApi& api_;
  const PythonObjects& objects_;
  PythonPackages packages_;
  std::unordered_map<const PythonObject*, Known> known_;  // by the module
  std::vector<PythonModule> own_;
  std::unordered_map<std::string_view, PythonObject*> all_;
};

}  // namespace cleanslate
