#include "probe/node_probe.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/spin_lock.h"
#include "nlohmann/json.hpp"

namespace cleanslate {

namespace {

using nlohmann::json;

constexpr std::size_t kMostName = 512;
constexpr std::size_t kMostHeld = 64;
constexpr std::size_t kMostLooks = 256;  // that are known by number
constexpr std::int64_t kLargest = std::int64_t{1} << 53;

// What was delivered and not yet taken. Lives as long as the process.
constinit SpinLock waiting_lock;
constinit std::vector<std::string>* waiting = nullptr;
constinit std::atomic<NodeProbe::EventSource> event_source = nullptr;

std::vector<std::string> TakeWaiting() {
  std::vector<std::string> taken;
  const SpinLockHolder hold(waiting_lock);
  if (waiting != nullptr) taken.swap(*waiting);
  return taken;
}

// A member of `object`, where it is there and of the type.
const std::string* Text(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : at->get_ptr<const std::string*>();
}

const json* List(const json& object, const char* name, std::size_t most) {
  const auto at = object.find(name);
  return at != object.end() && at->is_array() && at->size() <= most ? &*at : nullptr;
}

std::optional<std::int64_t> Number(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end()) return std::nullopt;
  const auto* number = at->get_ptr<const json::number_unsigned_t*>();
  if (number == nullptr || *number > static_cast<std::uint64_t>(kLargest)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

bool ReadRole(const std::string& text, VariableRole& role) {
  if (text == "variable") {
    role = VariableRole::kVariable;
  } else if (text == "registry") {
    role = VariableRole::kRegistry;
  } else {
    return false;
  }
  return true;
}

bool ReadBound(const std::string& text, VariableBound& bound) {
  if (text == "none") {
    bound = VariableBound::kNone;
  } else if (text == "evicts") {
    bound = VariableBound::kEvicts;
  } else if (text == "fixed") {
    bound = VariableBound::kFixed;
  } else {
    return false;
  }
  return true;
}

bool ReadHolds(const json& list, std::vector<HeldValue>& holds) {
  for (const json& each : list) {
    if (!each.is_object()) return false;
    const std::string* field = Text(each, "field");
    const auto number = each.find("number");
    if (field == nullptr || field->empty() || field->size() > kMostName) return false;
    if (number == each.end() || !number->is_boolean()) return false;
    holds.push_back({*field, number->get<bool>()});
  }
  std::sort(holds.begin(), holds.end(),
            [](const HeldValue& a, const HeldValue& b) { return a.field < b.field; });
  const auto end = std::unique(holds.begin(), holds.end(),
                               [](const HeldValue& a, const HeldValue& b) { return a.field == b.field; });
  holds.erase(end, holds.end());
  return true;
}

bool ReadVariable(const json& object, Variable& variable) {
  if (!object.is_object()) return false;
  const std::string* name = Text(object, "name");
  const std::string* kind = Text(object, "kind");
  const std::string* file = Text(object, "file");
  const std::string* role = Text(object, "role");
  const std::string* bound = Text(object, "bound");
  for (const std::string* text : {name, kind, file, role, bound}) {
    if (text == nullptr || text->size() > kMostName) return false;
  }
  const auto line = Number(object, "line");
  const auto size = Number(object, "size");
  const auto entries = Number(object, "entries");
  const auto texts = Number(object, "texts");
  const auto rest = Number(object, "rest");
  const auto identity = Number(object, "object");
  const json* holds = List(object, "holds", kMostHeld);
  if (!line || !size || !entries || !texts || !rest || !identity || holds == nullptr) return false;
  if (name->empty() || *line > (1 << 30)) return false;
  variable.name = *name;
  variable.kind = *kind;
  variable.file = *file;
  variable.line = static_cast<int>(*line);
  variable.size = *size;
  variable.entries = *entries;
  variable.texts = static_cast<std::uint64_t>(*texts);
  variable.rest = static_cast<std::uint64_t>(*rest);
  variable.object = static_cast<std::uint64_t>(*identity);
  return ReadRole(*role, variable.role) && ReadBound(*bound, variable.bound) &&
         ReadHolds(*holds, variable.holds);
}

// Of one variable, a later update over an earlier one.
void Merge(VariableUpdate& earlier, VariableUpdate&& later) {
  const VariableChange first = earlier.change;
  later.entries_before = earlier.entries_before;
  later.texts_changed |= earlier.texts_changed;
  later.object_changed |= earlier.object_changed;
  later.since = std::min(earlier.since, later.since);
  for (HeldValue& held : earlier.now.holds) {
    if (std::find(later.now.holds.begin(), later.now.holds.end(), held) == later.now.holds.end())
      later.now.holds.push_back(std::move(held));
  }
  if (first == VariableChange::kAssigned && later.change != VariableChange::kRemoved) later.change = first;
  earlier = std::move(later);
}

}  // namespace

// One look as it was told.
struct NodeProbe::Told {
  std::int64_t look = 0;
  std::int64_t took_us = 0;
  std::int64_t watched = 0;
  std::int64_t left_out = 0;
  std::int64_t workers = 0;
  std::string off;
  std::vector<Variable> seen;
  std::vector<std::string> gone;
  std::unordered_map<std::string, std::int64_t> before;  // the look before, of those that were known

  static std::optional<Told> Read(const std::string& text);
};

std::optional<NodeProbe::Told> NodeProbe::Told::Read(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Told told;
  const auto look = Number(object, "look");
  const auto took_us = Number(object, "tookUs");
  const auto watched = Number(object, "watched");
  const auto left_out = Number(object, "leftOut");
  const auto workers = Number(object, "workers");
  const std::string* off = Text(object, "off");
  const json* seen = List(object, "seen", kMostVariables);
  const json* gone = List(object, "gone", kMostVariables);
  if (!look || !took_us || !watched || !left_out || !workers || off == nullptr || off->size() > kMostName ||
      seen == nullptr || gone == nullptr) {
    return std::nullopt;
  }
  told.look = *look;
  told.took_us = *took_us;
  told.watched = *watched;
  told.left_out = *left_out;
  told.workers = *workers;
  told.off = *off;
  for (const json& each : *seen) {
    Variable variable;
    if (!ReadVariable(each, variable)) return std::nullopt;
    const auto before = Number(each, "before");
    if (!before || !told.before.emplace(variable.name, *before).second) return std::nullopt;
    told.seen.push_back(std::move(variable));
  }
  for (const json& each : *gone) {
    if (!each.is_object()) return std::nullopt;
    const std::string* name = Text(each, "name");
    const auto before = Number(each, "before");
    if (name == nullptr || name->size() > kMostName || !before) return std::nullopt;
    if (!told.before.emplace(*name, *before).second) return std::nullopt;
    told.gone.push_back(*name);
  }
  return told;
}

bool NodeProbe::Deliver(std::string_view text) noexcept {
  if (text.size() > kMostText) return false;
  try {
    std::string copy(text);
    const SpinLockHolder hold(waiting_lock);
    if (waiting == nullptr) waiting = new std::vector<std::string>;
    if (waiting->size() >= kMostWaiting) return false;
    waiting->push_back(std::move(copy));
    return true;
  } catch (...) {
    return false;
  }
}

void NodeProbe::SetEventSource(EventSource source) {
  event_source.store(source, std::memory_order_release);
}

void NodeProbe::VisitEvents(TakeEvent take, void* state) {
  const EventSource source = event_source.load(std::memory_order_acquire);
  if (source != nullptr) source(take, state);
}

VariableSnapshot NodeProbe::Look(const ProbeRequest& request) {
  VariableSnapshot snapshot;
  try {
    for (const std::string& text : TakeWaiting()) {
      const std::optional<Told> told = Told::Read(text);
      if (!told) {
        off_ = "what its JavaScript half told can't be read";
        continue;
      }
      off_ = told->off;
      Take(*told, request.window, snapshot);
    }
    std::sort(snapshot.changed.begin(), snapshot.changed.end(),
              [](const VariableUpdate& a, const VariableUpdate& b) { return a.now.name < b.now.name; });
  } catch (...) {
    off_ = "no memory";
  }
  snapshot.watched = watched_;
  return snapshot;
}

void NodeProbe::Take(const Told& told, WindowNumber window, VariableSnapshot& snapshot) {
  NoteLook(told.look, window);
  std::vector<VariableUpdate> changed;
  memory_.Note(window, told.seen, told.gone, changed);
  for (VariableUpdate& update : changed) {
    const auto before = told.before.find(update.now.name);
    if (before != told.before.end()) update.since = WindowAfter(before->second, window);
    const auto known =
        std::find_if(snapshot.changed.begin(), snapshot.changed.end(),
                     [&](const VariableUpdate& other) { return other.now.name == update.now.name; });
    if (known == snapshot.changed.end()) {
      snapshot.changed.push_back(std::move(update));
    } else {
      Merge(*known, std::move(update));
    }
  }
  watched_ = told.watched;
  snapshot.left_out += told.left_out;
  snapshot.before_us += told.took_us;
  snapshot.interpreters = told.workers;
}

void NodeProbe::NoteLook(std::int64_t look, WindowNumber window) {
  if (looks_.size() >= kMostLooks) looks_.erase(looks_.begin());
  looks_.emplace_back(look, window);
}

// The window behind the one at whose end `look` was.
WindowNumber NodeProbe::WindowAfter(std::int64_t look, WindowNumber otherwise) const {
  if (look <= 0) return otherwise;
  WindowNumber after = looks_.empty() ? otherwise : looks_.front().second + 1;
  for (const auto& [number, window] : looks_) {
    if (number <= look) after = window + 1;
  }
  return std::min(after, otherwise);
}

}  // namespace cleanslate
