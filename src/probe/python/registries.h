#pragma once

// What code registers with Python's runtime and with well-known libraries, as variables: sys.path, the root
// logger's handlers and filters and those of the loggers that the program has named, atexit's callbacks,
// signal handlers written in Python, warnings' filters, tasks of asyncio that are pending, and the state in
// sdk_state.inc. Names are the library's own, never a key or a logger's name: those may be data.
//
// Tasks are not seen in 3.14, which keeps them in lists of its own.
//
// COLD; with the interpreter's lock.

#include <string_view>

#include "probe/python/modules.h"
#include "probe/python/names.h"
#include "probe/python/objects.h"
#include "probe/python/types.h"

namespace cleanslate {

class PythonRegistries {
 public:
  PythonRegistries(const PythonApi& api, const PythonObjects& objects, PythonTypes& types,
                   const PythonModules& modules)
      : api_(api), objects_(objects), types_(types), modules_(modules) {}

  void AddTo(PythonNames& names) const;

 private:
  void AddLogging(PythonNames& names) const;
  void AddCount(std::string_view name, std::string_view kind, std::int64_t count, PythonNames& names) const;
  void AddContainer(std::string_view name, PythonObject* value, PythonNames& names) const;
  void AddSignalHandlers(PythonNames& names) const;
  void AddTasks(PythonNames& names) const;
  void AddSdkState(std::string_view module, std::string_view path, PythonNames& names) const;
  PythonObject* AttributeOf(PythonObject* object, std::string_view name) const;
  // The number that a function of C without parameters gives; -1: it can't be called.
  std::int64_t Asked(PythonObject* function) const;

  const PythonApi& api_;
  const PythonObjects& objects_;
  PythonTypes& types_;
  const PythonModules& modules_;
};

}  // namespace cleanslate
