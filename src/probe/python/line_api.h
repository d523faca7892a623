#pragma once

// What the watch over lines needs of CPython besides PythonApi. COLD; see api.h.

#include <cstddef>
#include <cstdint>
#include <string>

#include "probe/python/api.h"

namespace cleanslate {

struct PythonAllocator {
  void* context;
  void* (*malloc)(void* context, std::size_t bytes);
  void* (*calloc)(void* context, std::size_t count, std::size_t bytes);
  void* (*realloc)(void* context, void* block, std::size_t bytes);
  void (*free)(void* context, void* block);

  friend bool operator==(const PythonAllocator&, const PythonAllocator&) = default;
};

// Python's names for whom an allocator serves; raw memory, which needs no lock, is left alone.
inline constexpr int kPythonMemoryDomain = 1, kPythonObjectDomain = 2;

struct PythonLineApi {
  // False, and why, when something isn't there.
  bool Find(std::string& why);

  // Small blocks in use; -1: they can't be counted. With the interpreter's lock.
  std::int64_t CountBlocks(const PythonApi& api) const;

  const char* runtime = nullptr;  // _PyRuntime, which describes itself from 3.13 on
#define PYTHON_FUNCTION(result, name, parameters) result(*name) parameters = nullptr;
#define PYTHON_OPTIONAL(result, name, parameters) result(*name) parameters = nullptr;
#include "probe/python/line_functions.inc"
#undef PYTHON_FUNCTION
#undef PYTHON_OPTIONAL
};

}  // namespace cleanslate
