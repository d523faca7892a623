#include "probe/python/api.h"

#include <dlfcn.h>

#include <charconv>
#include <string_view>

namespace cleanslate {
namespace {

template <typename Pointer>
bool Look(const char* name, Pointer& pointer) {
  pointer = reinterpret_cast<Pointer>(dlsym(RTLD_DEFAULT, name));
  return pointer != nullptr;
}

bool IsThere(const char* name) {
  return dlsym(RTLD_DEFAULT, name) != nullptr;
}

// "3.11.7 (main, ...)"; 0: something else.
int MinorOf(std::string_view version) {
  int minor = 0;
  if (!version.starts_with("3.")) return 0;
  version.remove_prefix(2);
  const auto parsed = std::from_chars(version.data(), version.data() + version.size(), minor);
  return parsed.ec == std::errc() ? minor : 0;
}

}  // namespace

PythonApi::Presence PythonApi::Find(std::string& why) {
  if (!Look("Py_IsInitialized", Py_IsInitialized)) {
    if (!IsThere("pypy_main_startup")) return Presence::kNone;
    why = "PyPy keeps its objects where they can't be looked at";
    return Presence::kUnknown;
  }
  if (Py_IsInitialized() == 0) return Presence::kNone;

  const char* missing = nullptr;
#define PYTHON_FUNCTION(result, name, parameters) \
  if (!Look(#name, name)) missing = #name;
#define PYTHON_OPTIONAL(result, name, parameters) Look(#name, name);
#define PYTHON_TYPE(name) \
  if (!Look(#name, name)) missing = #name;
#include "probe/python/functions.inc"
#undef PYTHON_FUNCTION
#undef PYTHON_OPTIONAL
#undef PYTHON_TYPE
  if (!Look("_Py_NoneStruct", none)) missing = "_Py_NoneStruct";

  const std::string_view version = Py_GetVersion != nullptr ? Py_GetVersion() : "";
  minor = MinorOf(version);
  const std::string name = "Python " + std::string(version.substr(0, version.find(' ')));
  if (minor < kOldest || minor > kNewest)
    why = name + " is not among the versions that are known: 3.10 to 3.14";
  else if (version.find("free-threading") != std::string_view::npos || IsThere("_Py_MergeZeroLocalRefcount"))
    why = name + " is a free-threaded build";
  else if (IsThere("_Py_NegativeRefcount") || IsThere("_Py_PrintReferences"))
    why = name + " is a debug build";
  else if (missing != nullptr)
    why = name + " has no " + missing;
  else if (PyThreadState_GetUnchecked == nullptr && _PyThreadState_UncheckedGet == nullptr)
    why = name + " has no PyThreadState_GetUnchecked";
  else if (Py_IsFinalizing == nullptr && _Py_IsFinalizing == nullptr)
    why = name + " has no Py_IsFinalizing";
  return why.empty() ? Presence::kKnown : Presence::kUnknown;
}

}  // namespace cleanslate
