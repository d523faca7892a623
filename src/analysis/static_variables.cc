#include "analysis/static_variables.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include "analysis/suspect.h"

namespace cleanslate {
namespace {

std::string FileName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string Hexadecimal(std::uint64_t offset) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(offset));
  return text;
}

using Variables =
    std::map<std::pair<std::string_view, std::uint64_t>, ChangedStatic>;  // by file and beginning

void AddVariablesOf(const StaticRange& range, const DataNamer& name, std::size_t most, Variables& variables) {
  const std::uint64_t end = range.offset + static_cast<std::uint64_t>(range.bytes);
  bool met_variable = false;
  StaticRange rest = range;
  while (rest.offset < end && variables.size() < most) {
    const DataName found = name ? name(rest) : DataName();
    const bool named = !found.symbol.empty();
    const std::uint64_t begin = named ? found.offset : rest.offset;
    const std::uint64_t past = found.bytes > 0 ? begin + static_cast<std::uint64_t>(found.bytes) : end;
    const std::uint64_t next = std::clamp(past, rest.offset + 1, end);
    // What lies between two variables is nobody's.
    if (named || (!met_variable && next == end)) {
      ChangedStatic& variable = variables[{range.path, begin}];
      variable.module = FileName(range.path);
      variable.named = named;
      variable.name = named ? found.symbol : variable.module + " data at " + Hexadecimal(begin);
      variable.bytes = std::max(variable.bytes, named ? found.bytes : static_cast<std::int64_t>(end - begin));
      variable.text = variable.text || (range.text && !found.traffic);
      variable.pattern = PlainModule(variable.module) + (named ? " " + found.symbol : "");
    }
    met_variable = met_variable || named;
    rest.offset = next;
    rest.bytes = static_cast<std::int64_t>(end - next);
  }
}

}  // namespace

std::vector<ChangedStatic> ChangedStatics(const std::vector<StaticRange>& changed, const DataNamer& name,
                                          std::size_t most) {
  Variables variables;
  for (const bool text : {true, false})
    for (const StaticRange& range : changed)
      if (range.text == text && range.bytes > 0) AddVariablesOf(range, name, most, variables);
  std::vector<ChangedStatic> sorted;
  sorted.reserve(variables.size());
  for (auto& [place, variable] : variables) sorted.push_back(std::move(variable));
  std::stable_sort(sorted.begin(), sorted.end(), [](const ChangedStatic& a, const ChangedStatic& b) {
    return std::tie(b.text, a.module, a.name) < std::tie(a.text, b.module, b.name);
  });
  return sorted;
}

}  // namespace cleanslate
