#include "probe/python/line_api.h"

#include <dlfcn.h>

namespace cleanslate {

bool PythonLineApi::Find(std::string& why) {
  const char* missing = nullptr;
  const auto look = [&missing](const char* name, auto& pointer, bool optional) {
    pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(dlsym(RTLD_DEFAULT, name));
    if (pointer == nullptr && !optional) missing = name;
  };
#define PYTHON_FUNCTION(result, name, parameters) look(#name, name, false);
#define PYTHON_OPTIONAL(result, name, parameters) look(#name, name, true);
#include "probe/python/line_functions.inc"
#undef PYTHON_FUNCTION
#undef PYTHON_OPTIONAL
  look("_PyRuntime", runtime, false);
  if (missing != nullptr) why = std::string("Python has no ") + missing;
  return missing == nullptr;
}

std::int64_t PythonLineApi::CountBlocks(const PythonApi& api) const {
  if (_Py_GetAllocatedBlocks != nullptr) return _Py_GetAllocatedBlocks();
  PythonObject* const function = api.PySys_GetObject("getallocatedblocks");
  if (function == nullptr || function->type != api.PyCFunction_Type) return -1;
  PythonObject* const count = api.PyObject_CallObject(function, nullptr);
  if (count == nullptr) {
    api.PyErr_Clear();
    return -1;
  }
  int overflow = 0;
  const std::int64_t blocks =
      count->type == api.PyLong_Type ? api.PyLong_AsLongLongAndOverflow(count, &overflow) : -1;
  api.Py_DecRef(count);
  return overflow == 0 ? blocks : -1;
}

}  // namespace cleanslate
