#pragma once

// Which variables a look sees, by the names that a reader finds in the source:
//   app.cache                       a global of a module; `lib.store.cache` of one in a package
//   app.Cart.items                  an attribute of a class
//   app.svc.last_event              an attribute of an object that a variable names, three levels deep
//   app.add(acc=)                   a mutable default of a parameter; app.Cart.add(items=) of a method's
//   app.make_handler.cache          a local variable of make_handler that an inner function keeps; where two
//                                   calls of it have one each, "app.make_handler.cache of app.other" too
//   app.price                       a function under functools.cache or lru_cache: its entries
//   app.request_id                  a ContextVar: its value in the main thread, or its default
//   app.local.user                  an attribute of a threading.local
//   app.*                           how many there are whose names may be data: no identifiers of ASCII, or
//   made
//                                   of one of an event's values; an object that has such attributes is looked
//                                   at as a whole
// An object is charged to the shortest such name; in the module that makes it, where others import it.
//
// COLD; with the interpreter's lock. Objects are borrowed: valid while the lock is held.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "probe/python/modules.h"
#include "probe/python/objects.h"
#include "probe/python/owners.h"
#include "probe/python/sources.h"
#include "probe/python/types.h"
#include "probe/python/walk.h"
#include "probe/variable.h"

namespace cleanslate {

struct PythonVariable {
  std::string name;
  PythonRoot root;  // without a value: only how many there are is known
  std::string_view kind;
  PythonPlace place;
  VariableRole role = VariableRole::kVariable;
  VariableBound bound = VariableBound::kNone;
  std::int64_t counted = 0;
  std::uint64_t mark = 0;
};

class PythonNames {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMost = 8192;
  static constexpr std::size_t kMostAttributes = 64;  // an object with more of them is a container

  PythonNames(const PythonApi& api, const PythonObjects& objects, PythonTypes& types, PythonOwners& owners,
              const PythonModules& modules, PythonSources& sources, const KeyedHash& hash)
      : api_(api),
        objects_(objects),
        types_(types),
        owners_(owners),
        modules_(modules),
        sources_(sources),
        hash_(hash) {}

  // All variables of the user's modules, shorter names first. `event`: of this window, or null.
  void List(const EventValues* event, Clock::time_point deadline);
  // One more: something of the runtime's or of a library's.
  void Add(PythonVariable variable);
  // A library's: its texts change as that code wants, so that only growth and the event's values count.
  void AddForeign(std::string name, PythonObject* value, VariableRole role = VariableRole::kVariable);

  bool IsNamed(PythonObject* object) const { return owners_.NamedBy(object) < kMost; }
  std::vector<PythonVariable>& variables() { return variables_; }
  bool complete() const { return complete_; }

 private:
  // What names further variables.
  struct Opening {
    PythonObject* object;
    std::string name;
    int module;
    int depth;
    PythonPlace place;     // of the variable
    bool foreign = false;  // it hangs from somebody else's object
  };

  void AddGlobals(int module);
  void AddUnnamed(const std::string& scope, std::int64_t count);
  bool MayBeNamed(std::string_view name);
  void AddValue(std::string name, PythonObject* value, const Opening& from, PythonPlace place,
                VariableRole role = VariableRole::kVariable);
  bool TakesOver(PythonObject* value, int module, const PythonPlace& place);
  void Open(const Opening& opening);
  void OpenClass(const Opening& opening);
  void OpenFunction(const Opening& opening);
  void OpenInstance(const Opening& opening);
  void OpenThreadLocal(const Opening& opening);
  void OpenLogger(const Opening& opening);
  void AddDefaults(const Opening& opening, PythonObject* code);
  void AddCells(const Opening& opening, PythonObject* code);
  PythonObject* ContextValue(PythonObject* context_variable) const;
  std::string_view NameOfModule(int module) const {
    return modules_.own()[static_cast<std::size_t>(module)].name;
  }
  std::string_view FileOf(int module) const {
    return module < 0 ? std::string_view() : modules_.own()[static_cast<std::size_t>(module)].file;
  }

  const PythonApi& api_;
  const PythonObjects& objects_;
  PythonTypes& types_;
  PythonOwners& owners_;
  const PythonModules& modules_;
  PythonSources& sources_;
  const KeyedHash& hash_;
  const EventValues* event_ = nullptr;
  Clock::time_point deadline_;
  std::unordered_set<std::uint64_t> unspoken_;  // marks of names that one of the events has made
  bool complete_ = true;
  PythonObject* context_ = nullptr;  // of the main thread
  std::vector<PythonVariable> variables_;
  std::deque<Opening> openings_;
  std::unordered_set<std::uint64_t> taken_;  // hashes of names
};

}  // namespace cleanslate
