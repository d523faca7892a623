#pragma once

// Where variables stand in the user's sources, and what bounds them there: reads each file when it is first
// asked about, and remembers the answers rather than the texts.
//
// COLD; no interpreter's lock is needed.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "probe/python/source.h"

namespace cleanslate {

enum class PythonPlaceKind : std::uint8_t {
  kUnknown,
  kLine,  // it is known
  kGlobal,
  kClassAttribute,
  kAttribute,
  kLocal,
};

struct PythonPlace {
  PythonPlaceKind kind = PythonPlaceKind::kUnknown;
  std::string_view file;  // below the task root
  std::string_view name;
  std::string_view scope;  // the class
  int line = 0;            // of the function
};

struct PythonPlaced {
  std::string file;
  int line = 0;
  bool evicts = false;
};

class PythonSources {
 public:
  explicit PythonSources(std::string task_root) : root_(std::move(task_root)) {}

  const PythonPlaced& At(const PythonPlace& place);
  bool Imports(std::string_view file, std::string_view name);

 private:
  static constexpr std::size_t kMostKept = 8;
  static constexpr std::size_t kMostAnswers = 16'384;

  const PythonSource& Of(std::string_view file);

  std::string root_;
  std::list<std::pair<std::string, std::unique_ptr<PythonSource>>> kept_;  // the latest first
  std::unordered_map<std::string, PythonPlaced> answers_;
};

}  // namespace cleanslate
