#pragma once

// What kind of thing the instances of each class are to the probe, found out once a look. A class that isn't
// known to be safe to look into is opaque: which object it is is all that is told.
//
// COLD; with the interpreter's lock; valid for one look.

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "probe/python/objects.h"

namespace cleanslate {

enum class PythonKind : std::uint8_t {
  kNone,
  kNumber,
  kText,
  kBytes,
  kByteArray,
  kList,
  kTuple,
  kSet,
  kDict,
  kDeque,
  kLruCache,
  kThreadLocal,
  kContextVariable,
  kInstance,  // of a class written in Python, or a namespace
  kException,
  kLogging,  // a logger or handler: it leads to all others
  kFunction,
  kClass,
  kWrappedFunction,  // a classmethod or staticmethod
  kOpaque,
};

struct PythonTypeFacts {
  PythonKind kind = PythonKind::kOpaque;
  bool own = false;      // a class of the user's modules
  bool foreign = false;  // a class of somebody else's Python code, but for plain containers
  bool has_attributes = false;
  std::vector<PythonSlot> slots;
};

class PythonTypes {
 public:
  PythonTypes(const PythonApi& api, const PythonObjects& objects) : api_(api), objects_(objects) {}

  // Forgets what was known, and takes what the modules of a look say.
  void Begin() {
    known_.clear();
    own_modules_.clear();
    deque_ = lru_cache_ = thread_local_ = namespace_ = nullptr;
  }
  void OwnModule(std::string_view name) { own_modules_.insert(name); }
  void Deque(PythonObject* type) { deque_ = AsType(type); }
  void LruCache(PythonObject* type) { lru_cache_ = AsType(type); }
  void ThreadLocal(PythonObject* type) { thread_local_ = AsType(type); }
  void Namespace(PythonObject* type) { namespace_ = AsType(type); }

  const PythonTypeFacts& Of(PythonType* type) {
    const auto known = known_.find(type);
    return known != known_.end() ? known->second : Learn(type);
  }
  PythonType* deque() const { return deque_; }
  // The name of the module that a class was made in; empty: unknown.
  std::string_view ModuleOf(PythonType* type) const;

 private:
  PythonType* AsType(PythonObject* type) const {
    return type != nullptr && PythonObjects::Is(type, kPythonIsType) ? reinterpret_cast<PythonType*>(type)
                                                                     : nullptr;
  }
  const PythonTypeFacts& Learn(PythonType* type);
  PythonKind KindOf(PythonType* type) const;
  bool DerivesFrom(const PythonType* type, const PythonType* base) const;
  bool IsFenced(std::string_view module) const;

  const PythonApi& api_;
  const PythonObjects& objects_;
  std::unordered_map<PythonType*, PythonTypeFacts> known_;
  std::unordered_set<std::string_view> own_modules_;
  PythonType* deque_ = nullptr;
  PythonType* lru_cache_ = nullptr;
  PythonType* thread_local_ = nullptr;
  PythonType* namespace_ = nullptr;
};

// Whether its instances are an enumeration's constants.
bool IsEnum(const PythonType* type);

// The last part of "collections.deque".
std::string_view ShortName(const PythonType* type);

}  // namespace cleanslate
