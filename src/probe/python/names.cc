#include "probe/python/names.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace cleanslate {
namespace {

constexpr int kDeepestOwn = 3;  // attributes of attributes
constexpr int kDeepestWrapper = 3;

bool IsIdentifier(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

bool IsDunder(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

std::string Joined(std::string_view scope, std::string_view name) {
  std::string joined;
  joined.reserve(scope.size() + 1 + name.size());
  joined.append(scope).append(".").append(name);
  return joined;
}

// "make" of "make.<locals>.handler"; empty: the function is nobody's local.
std::string_view Enclosing(std::string_view qualified_name) {
  const std::size_t locals = qualified_name.rfind(".<locals>.");
  if (locals == std::string_view::npos) return {};
  return qualified_name.substr(0, locals);
}

std::string WithoutLocals(std::string_view qualified_name) {
  constexpr std::string_view kLocals = ".<locals>";
  std::string name(qualified_name);
  for (std::size_t at = name.find(kLocals); at != std::string::npos; at = name.find(kLocals))
    name.erase(at, kLocals.size());
  return name;
}

}  // namespace

void PythonNames::Add(PythonVariable variable) {
  if (variables_.size() >= kMost || !taken_.insert(std::hash<std::string>()(variable.name)).second) return;
  variable.root.number = static_cast<std::uint32_t>(variables_.size());
  if (variable.root.value != nullptr) owners_.Name(variable.root.value, variable.root.number);
  variables_.push_back(std::move(variable));
}

void PythonNames::AddForeign(std::string name, PythonObject* value, VariableRole role) {
  const PythonKind kind = types_.Of(value->type).kind;
  if (kind == PythonKind::kContextVariable) value = ContextValue(value);
  if (value == nullptr || types_.Of(value->type).kind == PythonKind::kNone) return;
  PythonVariable variable;
  variable.name = std::move(name);
  variable.kind = ShortName(value->type);
  variable.root.value = value;
  variable.root.foreign = true;
  variable.role = role;
  Add(std::move(variable));
}

bool PythonNames::MayBeNamed(std::string_view name) {
  constexpr std::size_t kMostUnspoken = 65'536;
  if (!IsIdentifier(name)) return false;
  if (name.size() < EventValues::kShortest) return true;
  if (!unspoken_.empty() && unspoken_.count(hash_.Of(name)) != 0) return false;
  if (event_ == nullptr || !event_->Holds(name)) return true;
  if (unspoken_.size() < kMostUnspoken) unspoken_.insert(hash_.Of(name));
  return false;
}

void PythonNames::AddUnnamed(const std::string& scope, std::int64_t count) {
  if (count == 0) return;
  PythonVariable variable;
  variable.name = scope + ".*";
  variable.kind = "names";
  variable.counted = count;
  Add(std::move(variable));
}

void PythonNames::List(const EventValues* event, Clock::time_point deadline) {
  event_ = event;
  deadline_ = deadline;
  complete_ = true;
  variables_.clear();
  openings_.clear();
  taken_.clear();
  PythonThread* oldest = api_.PyInterpreterState_ThreadHead(api_.PyInterpreterState_Main());
  for (PythonThread* next = oldest; next != nullptr; next = api_.PyThreadState_Next(next)) oldest = next;
  context_ = oldest != nullptr ? objects_.ContextOf(oldest) : nullptr;

  constexpr std::size_t kOpeningsBetweenClockReads = 64;
  for (std::size_t module = 0; module < modules_.own().size(); ++module) AddGlobals(static_cast<int>(module));
  for (std::size_t opened = 0; !openings_.empty(); ++opened) {
    if (opened % kOpeningsBetweenClockReads == 0 && Clock::now() >= deadline_) {
      complete_ = false;
      break;
    }
    const Opening opening = std::move(openings_.front());
    openings_.pop_front();
    Open(opening);
  }
  if (variables_.size() >= kMost) complete_ = false;
}

void PythonNames::AddGlobals(int module) {
  const PythonModule& own = modules_.own()[static_cast<std::size_t>(module)];
  const Opening from = {nullptr, std::string(own.name), module, 0, {}};
  std::int64_t unnamed = 0;
  objects_.ForEachItem(own.dict, [&](PythonObject* key, PythonObject* value) {
    const std::string_view name = objects_.Ascii(key);
    if (IsDunder(name)) return;
    if (!MayBeNamed(name)) {
      ++unnamed;
      return;
    }
    AddValue(Joined(own.name, name), value, from, {PythonPlaceKind::kGlobal, own.file, name, {}, 0});
  });
  AddUnnamed(from.name, unnamed);
}

void PythonNames::AddValue(std::string name, PythonObject* value, const Opening& from, PythonPlace place,
                           VariableRole role) {
  const PythonTypeFacts& facts = types_.Of(value->type);
  const auto open_once = [&](PythonObject* object) {
    if (owners_.Name(object, static_cast<std::uint32_t>(kMost)))
      openings_.push_back({object, name, from.module, from.depth, place, from.foreign});
  };
  switch (facts.kind) {
    case PythonKind::kNone:
      return;
    case PythonKind::kFunction:
      return open_once(value);
    case PythonKind::kWrappedFunction:
      objects_.ForEachReferent(value, value->type, [&](PythonObject* found) {
        if (found->type == api_.PyFunction_Type) open_once(found);
      });
      return;
    case PythonKind::kClass: {
      if (IsEnum(reinterpret_cast<PythonType*>(value))) return;
      const std::string_view module = types_.ModuleOf(reinterpret_cast<PythonType*>(value));
      if (from.module >= 0 && module == NameOfModule(from.module)) open_once(value);
      return;
    }
    case PythonKind::kThreadLocal:
      return open_once(value);
    case PythonKind::kLogging: {
      bool is_logger = false;  // else a handler, which hangs from one
      objects_.ForEachAttribute(value, facts.slots, [&](PythonObject* key, PythonObject*) {
        is_logger |= objects_.Ascii(key) == "handlers";
      });
      if (is_logger) open_once(value);
      return;
    }
    case PythonKind::kContextVariable:
      value = ContextValue(value);
      if (value == nullptr) return;
      break;
    case PythonKind::kOpaque:
      // Functions of C and modules: no state of the program's.
      if (value->type == api_.PyCFunction_Type || value->type == api_.PyModule_Type) return;
      break;
    default:
      break;
  }
  if (types_.Of(value->type).kind == PythonKind::kNone) return;

  const PythonTypeFacts& held = types_.Of(value->type);
  PythonVariable variable;
  variable.name = name;
  variable.root.value = value;
  variable.root.foreign = from.foreign || (held.foreign && held.kind == PythonKind::kInstance);
  variable.kind = held.kind == PythonKind::kLruCache ? std::string_view("lru_cache") : ShortName(value->type);
  variable.place = place;
  variable.role = role;
  if (held.kind == PythonKind::kLruCache) {
    std::intptr_t most = -1;
    if (objects_.CacheOf(value, most) != nullptr && most >= 0) variable.bound = VariableBound::kFixed;
    if (PythonObject* const cached = PythonObjects::CachedFunction(value);
        cached != nullptr && cached->type == api_.PyFunction_Type)
      open_once(cached);
  }
  if (held.kind == PythonKind::kDict && variable.kind == "Counter") variable.bound = VariableBound::kCounts;
  if (held.kind == PythonKind::kDeque && PythonObjects::MostOf(value) >= 0)
    variable.bound = VariableBound::kFixed;

  if (taken_.count(std::hash<std::string>()(variable.name)) != 0 || variables_.size() >= kMost) return;

  const auto number = static_cast<std::uint32_t>(variables_.size());
  // Texts and numbers are shared as the interpreter pleases: each variable has its own.
  const bool scalar =
      held.kind == PythonKind::kText || held.kind == PythonKind::kNumber || held.kind == PythonKind::kBytes;
  const bool first = scalar || owners_.Name(value, number) || TakesOver(value, from.module, place);
  if (held.kind == PythonKind::kInstance && first && held.has_attributes &&
      from.depth < (held.foreign ? 1 : kDeepestOwn)) {
    std::size_t attributes = 0;
    bool all_named = true;
    objects_.ForEachAttribute(value, held.slots, [&](PythonObject* key, PythonObject*) {
      if (++attributes <= kMostAttributes) all_named = all_named && MayBeNamed(objects_.Ascii(key));
    });
    if (all_named && attributes <= kMostAttributes) {
      variable.root.shallow = true;
      openings_.push_back({value, name, from.module, from.depth + 1, place, variable.root.foreign});
    } else {
      variable.root.attributes_count = true;
    }
  }
  Add(std::move(variable));
}

// A module that imports a variable has the same object as the one that makes it. Where that one comes later,
// it takes the object over.
bool PythonNames::TakesOver(PythonObject* value, int module, const PythonPlace& place) {
  if (place.kind != PythonPlaceKind::kGlobal || module < 0) return false;
  const std::uint32_t before = owners_.NamedBy(value);
  if (before >= variables_.size() || variables_[before].root.value != value) return false;
  const PythonPlace& other = variables_[before].place;
  if (other.kind != PythonPlaceKind::kGlobal || other.file == place.file) return false;
  if (!sources_.Imports(other.file, other.name) || sources_.Imports(place.file, place.name)) return false;
  owners_.Rename(value, static_cast<std::uint32_t>(variables_.size()));
  variables_[before].root.shallow = false;
  const auto opening = std::find_if(openings_.begin(), openings_.end(),
                                    [&](const Opening& each) { return each.object == value; });
  if (opening != openings_.end()) openings_.erase(opening);
  return true;
}

PythonObject* PythonNames::ContextValue(PythonObject* context_variable) const {
  PythonObject* value = PythonObjects::DefaultOf(context_variable);
  if (context_ != nullptr && api_.PySequence_Contains(context_, context_variable) == 1) {
    // The context keeps it.
    const PythonHeld held(api_, api_.PyObject_GetItem(context_, context_variable));
    if (held.get() != nullptr) value = held.get();
  }
  return value;
}

void PythonNames::Open(const Opening& opening) {
  switch (types_.Of(opening.object->type).kind) {
    case PythonKind::kClass:
      return OpenClass(opening);
    case PythonKind::kFunction:
      return OpenFunction(opening);
    case PythonKind::kThreadLocal:
      return OpenThreadLocal(opening);
    case PythonKind::kLogging:
      return OpenLogger(opening);
    default:
      return OpenInstance(opening);
  }
}

void PythonNames::OpenClass(const Opening& opening) {
  auto* const type = reinterpret_cast<PythonType*>(opening.object);
  if (type->attributes == nullptr || (type->flags & kPythonMadeByClass) == 0) return;
  std::int64_t unnamed = 0;
  objects_.ForEachItem(type->attributes, [&](PythonObject* key, PythonObject* value) {
    const std::string_view name = objects_.Ascii(key);
    if (name.starts_with("_abc_")) return;
    if (!MayBeNamed(name)) {
      ++unnamed;
      return;
    }
    const PythonKind kind = types_.Of(value->type).kind;
    const bool is_code = kind == PythonKind::kFunction || kind == PythonKind::kWrappedFunction;
    if (IsDunder(name) && !is_code) return;
    // Descriptors and the like are made with the class.
    if (kind == PythonKind::kOpaque && (value->type->flags & kPythonMadeByClass) == 0) return;
    AddValue(Joined(opening.name, name), value, opening,
             {PythonPlaceKind::kClassAttribute, FileOf(opening.module), name, ShortName(type), 0});
  });
  AddUnnamed(opening.name, unnamed);
}

void PythonNames::OpenInstance(const Opening& opening) {
  PythonType* const type = opening.object->type;
  const PythonTypeFacts& facts = types_.Of(type);
  PythonPlace place = opening.place;  // where the object is made, unless its class is the user's
  if (!facts.foreign) {
    place = {PythonPlaceKind::kAttribute, FileOf(opening.module), {}, {}, 0};
    for (const PythonModule& module : modules_.own())
      if (facts.own && module.name == types_.ModuleOf(type)) place.file = module.file;
  }
  const std::string_view class_name = ShortName(type);
  objects_.ForEachAttribute(opening.object, facts.slots, [&](PythonObject* key, PythonObject* value) {
    std::string_view name = objects_.Ascii(key);
    if (name.empty() || IsDunder(name)) return;
    PythonPlace here = place;
    // As it stands in the source: "_Cart__items" is written "__items".
    if (name.size() > class_name.size() + 3 && name.front() == '_' &&
        name.substr(1).starts_with(class_name) && name.substr(1 + class_name.size()).starts_with("__"))
      name.remove_prefix(1 + class_name.size());
    if (here.kind == PythonPlaceKind::kAttribute) here.name = name;
    AddValue(Joined(opening.name, name), value, opening, here);
  });
}

void PythonNames::OpenThreadLocal(const Opening& opening) {
  std::int64_t unnamed = 0;
  objects_.ForEachThreadDict(opening.object, [&](PythonObject* dict) {
    objects_.ForEachItem(dict, [&](PythonObject* key, PythonObject* value) {
      const std::string_view name = objects_.Ascii(key);
      if (IsDunder(name)) return;
      if (!MayBeNamed(name)) {
        ++unnamed;
        return;
      }
      AddValue(Joined(opening.name, name), value, opening,
               {PythonPlaceKind::kAttribute, FileOf(opening.module), name, {}, 0});
    });
  });
  AddUnnamed(opening.name, unnamed);
}

void PythonNames::OpenLogger(const Opening& opening) {
  if (ShortName(opening.object->type) == "RootLogger") return;  // among the registries
  const PythonTypeFacts& facts = types_.Of(opening.object->type);
  objects_.ForEachAttribute(opening.object, facts.slots, [&](PythonObject* key, PythonObject* value) {
    const std::string_view name = objects_.Ascii(key);
    if (name != "handlers" && name != "filters") return;
    PythonVariable variable;
    variable.name = Joined(opening.name, name);
    variable.root.value = value;
    variable.root.foreign = true;  // what formatters add to each record hangs from a handler
    variable.kind = ShortName(value->type);
    variable.place = opening.place;
    variable.role = VariableRole::kRegistry;
    Add(std::move(variable));
  });
}

// A function of the user's, or somebody else's that wraps one.
void PythonNames::OpenFunction(const Opening& opening) {
  PythonObject* const function = opening.object;
  const int module = modules_.OwnerOf(api_.PyFunction_GetGlobals(function));
  PythonObject* const code = api_.PyFunction_GetCode(function);
  if (code == nullptr || code->type != api_.PyCode_Type) return;
  Opening own = opening;
  if (module >= 0) {
    own.module = module;
    AddDefaults(own, code);
    AddCells(own, code);
    return;
  }
  PythonObject* const cells = api_.PyFunction_GetClosure(function);
  if (cells == nullptr || opening.depth >= kDeepestWrapper) return;
  ++own.depth;
  const std::intptr_t count = api_.PyTuple_Size(cells);
  for (std::intptr_t i = 0; i < count; ++i) {
    PythonObject* const held = PythonObjects::CellContents(api_.PyTuple_GetItem(cells, i));
    if (held == nullptr) continue;
    const PythonKind kind = types_.Of(held->type).kind;
    if (kind == PythonKind::kFunction || kind == PythonKind::kWrappedFunction)
      AddValue(opening.name, held, own, opening.place);
  }
}

void PythonNames::AddDefaults(const Opening& opening, PythonObject* code) {
  const PythonHeld line(api_, api_.PyObject_GetAttrString(code, "co_firstlineno"));
  PythonPlace place = {PythonPlaceKind::kLine, FileOf(opening.module), {}, {}, 0};
  int overflow = 0;
  if (line.get() != nullptr)
    place.line = static_cast<int>(api_.PyLong_AsLongLongAndOverflow(line.get(), &overflow));
  const auto add = [&](PythonObject* parameter, PythonObject* value) {
    const std::string_view name = objects_.Ascii(parameter);
    const PythonKind kind = types_.Of(value->type).kind;
    const bool is_mutable = kind == PythonKind::kList || kind == PythonKind::kDict ||
                            kind == PythonKind::kSet || kind == PythonKind::kDeque ||
                            kind == PythonKind::kByteArray || kind == PythonKind::kInstance;
    if (name.empty() || !is_mutable) return;
    place.name = name;
    std::string full = opening.name;
    full.append("(").append(name).append("=)");
    AddValue(std::move(full), value, opening, place, VariableRole::kDefault);
  };
  PythonObject* const defaults = api_.PyFunction_GetDefaults(opening.object);
  if (defaults != nullptr && defaults->type == api_.PyTuple_Type && api_.PyTuple_Size(defaults) > 0) {
    const PythonHeld names(api_, api_.PyObject_GetAttrString(code, "co_varnames"));
    const PythonHeld positional(api_, api_.PyObject_GetAttrString(code, "co_argcount"));
    if (names.get() == nullptr || positional.get() == nullptr) return;
    const std::intptr_t count = api_.PyTuple_Size(defaults);
    const std::int64_t first = api_.PyLong_AsLongLongAndOverflow(positional.get(), &overflow) - count;
    for (std::intptr_t i = std::max<std::intptr_t>(0, -first); i < count; ++i)
      if (first + i < api_.PyTuple_Size(names.get()))
        add(api_.PyTuple_GetItem(names.get(), first + i), api_.PyTuple_GetItem(defaults, i));
  }
  PythonObject* const named = api_.PyFunction_GetKwDefaults(opening.object);
  if (named != nullptr && named->type == api_.PyDict_Type) objects_.ForEachItem(named, add);
}

void PythonNames::AddCells(const Opening& opening, PythonObject* code) {
  PythonObject* const cells = api_.PyFunction_GetClosure(opening.object);
  if (cells == nullptr || cells->type != api_.PyTuple_Type || opening.depth >= kDeepestWrapper) return;
  const PythonHeld names(api_, api_.PyObject_GetAttrString(code, "co_freevars"));
  const PythonHeld qualified(api_, api_.PyObject_GetAttrString(opening.object, "__qualname__"));
  const PythonHeld line(api_, api_.PyObject_GetAttrString(code, "co_firstlineno"));
  if (names.get() == nullptr || qualified.get() == nullptr || line.get() == nullptr) return;
  const std::string_view enclosing = Enclosing(objects_.Ascii(qualified.get()));
  int overflow = 0;
  const auto first_line = static_cast<int>(api_.PyLong_AsLongLongAndOverflow(line.get(), &overflow));
  const std::string scope =
      enclosing.empty() ? opening.name : Joined(NameOfModule(opening.module), WithoutLocals(enclosing));
  Opening inner = opening;
  ++inner.depth;
  const std::intptr_t count = std::min(api_.PyTuple_Size(cells), api_.PyTuple_Size(names.get()));
  for (std::intptr_t i = 0; i < count; ++i) {
    const std::string_view name = objects_.Ascii(api_.PyTuple_GetItem(names.get(), i));
    PythonObject* const held = PythonObjects::CellContents(api_.PyTuple_GetItem(cells, i));
    if (held == nullptr || name.empty() || IsDunder(name)) continue;
    std::string full = Joined(scope, name);
    if (taken_.count(std::hash<std::string>()(full)) != 0) full.append(" of ").append(opening.name);
    const bool is_code = types_.Of(held->type).kind == PythonKind::kFunction;
    if (is_code) full = opening.name;
    AddValue(std::move(full), held, inner,
             {PythonPlaceKind::kLocal, FileOf(opening.module), name, {}, first_line});
  }
}

}  // namespace cleanslate
