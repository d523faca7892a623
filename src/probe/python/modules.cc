#include "probe/python/modules.h"

#include <utility>

namespace cleanslate {
namespace {

constexpr std::size_t kMostModules = 16'384;
constexpr std::size_t kMostOwn = 1024;
constexpr std::size_t kLongestPath = 4096;

}  // namespace

const PythonModules::Known& PythonModules::Learn(PythonObject* module, std::string_view name,
                                                 PythonObject* dict) {
  Known& known = known_[module];
  if (known.name == name) return known;
  known = {std::string(name), {}, false};
  PythonText text;
  if (PythonObject* const file = objects_.Find(dict, "__file__");
      file != nullptr && objects_.Read(file, text)) {
    std::string buffer;
    known.file = packages_.OwnPath(text.Utf8(buffer, kLongestPath));
    known.own = !known.file.empty();
  } else {
    known.own = name == "__main__" && file == nullptr;
  }
  return known;
}

void PythonModules::List() {
  own_.clear();
  all_.clear();
  PythonObject* const modules = api_.PySys_GetObject("modules");
  if (modules == nullptr || modules->type != api_.PyDict_Type) return;
  if (known_.size() > 2 * static_cast<std::size_t>(api_.PyDict_Size(modules))) known_.clear();
  objects_.ForEachItem(modules, [&](PythonObject* key, PythonObject* module) {
    const std::string_view name = objects_.Ascii(key);
    bool is_module = false;
    for (const PythonType* type = module->type; type != nullptr; type = type->derived_from)
      is_module |= type == api_.PyModule_Type;
    if (name.empty() || !is_module || all_.size() >= kMostModules) return;
    PythonObject* const dict = api_.PyModule_GetDict(module);
    if (dict == nullptr || dict->type != api_.PyDict_Type) return;
    all_.emplace(name, dict);
    if (OwnerOf(dict) >= 0) return;  // a module may stand under two names: the first one is taken
    const Known& known = Learn(module, name, dict);
    if (known.own && own_.size() < kMostOwn) own_.push_back({name, dict, known.file});
  });
}

int PythonModules::OwnerOf(const PythonObject* dict) const {
  for (std::size_t i = 0; i < own_.size(); ++i)
    if (own_[i].dict == dict) return static_cast<int>(i);
  return -1;
}

}  // namespace cleanslate
