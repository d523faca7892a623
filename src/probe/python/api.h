#pragma once

// CPython as this process has it: its functions, found by name, and whether it is one that the probe knows.
//
// COLD. Find allocates and takes the loader's lock; it is asked until it has found one.

#include <cstdint>
#include <string>

namespace cleanslate {

struct PythonType;
struct PythonThread;
struct PythonInterpreter;

struct PythonObject {
  std::intptr_t references;
  PythonType* type;
};

struct PythonApi {
  enum class Presence : std::uint8_t { kNone, kKnown, kUnknown };

  static constexpr int kOldest = 10, kNewest = 14;  // 3.x

  // kNone: no CPython is loaded and initialized. kUnknown: one is, and `why` says in a user's words why it is
  // left alone.
  Presence Find(std::string& why);

  bool IsFinalizing() const {
    return Py_IsFinalizing != nullptr ? Py_IsFinalizing() != 0 : _Py_IsFinalizing() != 0;
  }
  // The thread that runs Python code in this thread (3.12 and later) or in the process, or null.
  PythonThread* Current() const {
    return PyThreadState_GetUnchecked != nullptr ? PyThreadState_GetUnchecked()
                                                 : _PyThreadState_UncheckedGet();
  }
  // Whether this thread holds the lock. PyGILState_Check says yes to everything where there are
  // sub-interpreters.
  bool HoldsLock() const {
    PythonThread* const own = PyGILState_GetThisThreadState();
    return own != nullptr && own == Current();
  }

  int minor = 0;  // of 3.x
#define PYTHON_FUNCTION(result, name, parameters) result(*name) parameters = nullptr;
#define PYTHON_OPTIONAL(result, name, parameters) result(*name) parameters = nullptr;
#define PYTHON_TYPE(name) PythonType* name = nullptr;
#include "probe/python/functions.inc"
#undef PYTHON_FUNCTION
#undef PYTHON_OPTIONAL
#undef PYTHON_TYPE
  PythonObject* none = nullptr;
};

}  // namespace cleanslate
