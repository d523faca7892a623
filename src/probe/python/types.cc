#include "probe/python/types.h"

#include <algorithm>

namespace cleanslate {
namespace {

// Whose instances lead to half of the program, or to the runtime client's own state.
constexpr std::string_view kFenced[] = {
    "_frozen_importlib", "asyncio",   "awslambdaric", "bootstrap",
    "concurrent",        "importlib", "inspect",      "lambda_runtime_client",
    "multiprocessing",   "threading", "traceback",    "typing",
    "zipimport"};

// Modules below those whose classes are containers.
constexpr std::string_view kOpen[] = {"asyncio.locks", "asyncio.queues", "concurrent.futures.thread"};

// Classes of the standard library that hold what the user puts into them, and nothing else.
constexpr std::string_view kPlainContainers[] = {"collections", "queue", "types", "weakref", "_weakrefset"};

}  // namespace

std::string_view ShortName(const PythonType* type) {
  const std::string_view name = type->name != nullptr ? type->name : "object";
  return name.substr(name.rfind('.') + 1);
}

bool IsEnum(const PythonType* type) {
  const std::string_view made_by = ShortName(type->base.type);
  return made_by == "EnumType" || made_by == "EnumMeta";
}

std::string_view PythonTypes::ModuleOf(PythonType* type) const {
  if ((type->flags & kPythonMadeByClass) == 0 || type->attributes == nullptr) return {};
  return objects_.Ascii(objects_.Find(type->attributes, "__module__"));
}

bool PythonTypes::DerivesFrom(const PythonType* type, const PythonType* base) const {
  for (; base != nullptr && type != nullptr; type = type->derived_from)
    if (type == base) return true;
  return false;
}

bool PythonTypes::IsFenced(std::string_view module) const {
  if (std::find(std::begin(kOpen), std::end(kOpen), module) != std::end(kOpen)) return false;
  return std::any_of(std::begin(kFenced), std::end(kFenced), [&](std::string_view fence) {
    return module.starts_with(fence) && (module.size() == fence.size() || module[fence.size()] == '.');
  });
}

PythonKind PythonTypes::KindOf(PythonType* type) const {
  const auto is = [&](unsigned long flag) { return (type->flags & flag) != 0; };
  if (type == api_.none->type) return PythonKind::kNone;
  if (type == api_.PyLong_Type || type == api_.PyBool_Type || type == api_.PyFloat_Type)
    return PythonKind::kNumber;
  if (is(kPythonIsText)) return PythonKind::kText;
  if (is(kPythonIsBytes)) return PythonKind::kBytes;
  if (is(kPythonIsList)) return PythonKind::kList;
  if (is(kPythonIsTuple)) return PythonKind::kTuple;
  if (is(kPythonIsDict)) return PythonKind::kDict;
  if (is(kPythonIsType)) return PythonKind::kClass;
  if (is(kPythonIsException)) return PythonKind::kException;
  if (type == api_.PyFunction_Type) return PythonKind::kFunction;
  if (type == api_.PyClassMethod_Type || type == api_.PyStaticMethod_Type)
    return PythonKind::kWrappedFunction;
  if (type == api_.PyContextVar_Type) return PythonKind::kContextVariable;
  if (DerivesFrom(type, api_.PySet_Type) || DerivesFrom(type, api_.PyFrozenSet_Type)) return PythonKind::kSet;
  if (DerivesFrom(type, api_.PyByteArray_Type)) return PythonKind::kByteArray;
  if (DerivesFrom(type, deque_)) return PythonKind::kDeque;
  if (type == lru_cache_) return PythonKind::kLruCache;
  if (type == namespace_) return PythonKind::kInstance;
  if (DerivesFrom(type, thread_local_)) return PythonKind::kThreadLocal;
  return PythonKind::kOpaque;
}

const PythonTypeFacts& PythonTypes::Learn(PythonType* type) {
  PythonTypeFacts& facts = known_[type];
  facts.kind = KindOf(type);
  if (type == namespace_) facts.has_attributes = true;
  if ((type->flags & kPythonMadeByClass) == 0) return facts;
  if (IsEnum(type)) return facts;  // constants
  const std::string_view module = ModuleOf(type);
  // A class without a module that has its attributes in C isn't one of Python's.
  if (module.empty()) return facts;
  facts.own = own_modules_.count(module) != 0;
  facts.foreign = !facts.own && std::find(std::begin(kPlainContainers), std::end(kPlainContainers), module) ==
                                    std::end(kPlainContainers);
  if (facts.kind != PythonKind::kOpaque && facts.kind != PythonKind::kList &&
      facts.kind != PythonKind::kTuple && facts.kind != PythonKind::kDict && facts.kind != PythonKind::kSet &&
      facts.kind != PythonKind::kDeque)
    return facts;
  if (facts.foreign && IsFenced(module)) return facts;
  objects_.SlotsOf(type, facts.slots);
  facts.has_attributes =
      !facts.slots.empty() || type->dict_offset > 0 || (type->flags & kPythonManagedDict) != 0;
  if (facts.kind != PythonKind::kOpaque) return facts;
  for (PythonType* base = type; base != nullptr; base = base->derived_from) {
    const std::string_view name = ShortName(base);
    if ((name == "Logger" || name == "Handler" || name == "Manager") && ModuleOf(base) == "logging") {
      facts.kind = PythonKind::kLogging;
      return facts;
    }
  }
  if (facts.has_attributes) facts.kind = PythonKind::kInstance;
  return facts;
}

}  // namespace cleanslate
