#include "probe/python/sources.h"

#include <algorithm>

#include "probe/small_file.h"

namespace cleanslate {

const PythonSource& PythonSources::Of(std::string_view file) {
  auto kept = std::find_if(kept_.begin(), kept_.end(), [&](const auto& each) { return each.first == file; });
  if (kept == kept_.end()) {
    std::string text;
    if (file.ends_with(".py")) {
      text = ReadSmallFile(root_ + "/" + std::string(file), PythonSource::kMostBytes);
    }
    if (kept_.size() >= kMostKept) kept_.pop_back();
    kept_.emplace_front(file, std::make_unique<PythonSource>(std::move(text)));
    kept = kept_.begin();
  }
  kept_.splice(kept_.begin(), kept_, kept);
  return *kept_.front().second;
}

const PythonPlaced& PythonSources::At(const PythonPlace& place) {
  std::string key(place.file);
  for (const std::string_view part : {place.scope, place.name}) key.append("\n").append(part);
  key += '\n' + std::to_string(place.line) + static_cast<char>('0' + static_cast<int>(place.kind));
  if (const auto known = answers_.find(key); known != answers_.end()) return known->second;
  if (answers_.size() >= kMostAnswers) answers_.clear();

  PythonPlaced& placed = answers_[key];
  placed.file = place.file;
  placed.line = place.line;
  if (place.file.empty() || place.kind == PythonPlaceKind::kUnknown) return placed;
  const PythonSource& source = Of(place.file);
  switch (place.kind) {
    case PythonPlaceKind::kGlobal:
      placed.line = source.LineOfGlobal(place.name);
      break;
    case PythonPlaceKind::kClassAttribute:
      placed.line = source.LineOfClassAttribute(place.scope, place.name);
      break;
    case PythonPlaceKind::kAttribute:
      placed.line = source.LineOfAttribute(place.name);
      break;
    case PythonPlaceKind::kLocal:
      placed.line = source.LineOfLocal(place.name, place.line);
      break;
    default:
      break;
  }
  placed.evicts = source.Evicts(place.name);
  return placed;
}

bool PythonSources::Imports(std::string_view file, std::string_view name) {
  return !file.empty() && Of(file).Imports(name);
}

}  // namespace cleanslate
