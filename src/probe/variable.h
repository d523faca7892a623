#pragma once

// Named variables of a language's runtime, as a probe saw them at a boundary: plain values. Names, kinds,
// sizes and marks, never a value.
//
// A mark is a hash under a key that the process drew: equal marks, equal content; nothing can be computed
// back from one, and none enters a report.

#include <cstdint>
#include <string>
#include <vector>

#include "record/stack_id.h"

namespace cleanslate {

enum class VariableRole : std::uint8_t {
  kVariable,  // a global, a closure's, a class's or a named object's attribute, an exported binding
  kDefault,   // a default value of a parameter
  kRegistry,  // something of the runtime's that code registers with: logging handlers, listeners, timers
};

// Whether it has an end by itself.
enum class VariableBound : std::uint8_t {
  kNone,
  kCounts,  // a table of counts: it fills up with what there is to count
  kEvicts,  // the code that fills it also looks at its size and takes out of it
  kFixed,   // lru_cache(maxsize=...), deque(maxlen=...)
};

// A value of the event that stands in a variable.
struct HeldValue {
  std::string field;    // "event.user.token", "event.items[2].id"
  bool number = false;  // too common to be evidence alone

  friend bool operator==(const HeldValue&, const HeldValue&) = default;
};

struct Variable {
  std::string name;  // the path that a reader finds in the source: "app.cache", "app.Cart.add(items=)"
  std::string kind;  // "list", "dict", "Cart", "Map"
  std::string file;  // where it is assigned or its function defined: below the task root, or absolute
  int line = 0;      // 0: unknown
  VariableRole role = VariableRole::kVariable;
  VariableBound bound = VariableBound::kNone;
  std::int64_t size = 0;     // its own entries; all of them where that isn't known
  std::int64_t entries = 0;  // of it and of the containers that it alone leads to; 0 where it holds none
  std::uint64_t texts = 0;  // mark of the texts and bytes it leads to; 0: none. Times written as text are not
                            // among them, nor is what the program's own code contains.
  std::uint64_t rest = 0;   // mark of all else: numbers, and which objects
  std::uint64_t object = 0;  // mark of which object it is itself, where that is a container; 0: it is none
  std::vector<HeldValue> holds;  // of this window's event, where it has changed; by field, each once
};

enum class VariableChange : std::uint8_t {
  kAssigned,  // it wasn't there, or was None, null or undefined
  kGrown,     // more entries
  kShrunk,    // fewer
  kReplaced,  // other texts
  kAltered,   // only numbers or objects differ
  kRemoved,
};

struct VariableUpdate {
  Variable now;  // as it was, when removed
  VariableChange change = VariableChange::kAssigned;
  std::int64_t size_before = 0, entries_before = 0;
  bool texts_changed = false;   // besides what `change` says
  bool object_changed = false;  // it is another container
  WindowNumber since = 0;       // the first window in which it may have changed: behind the look before
};

struct VariableSnapshot {
  std::vector<VariableUpdate> changed;  // since each one's look before, sorted by name; all, at the first
  std::int64_t watched = 0;             // variables
  std::int64_t left_out = 0;            // objects that the budget did not reach this time
  std::int64_t before_us = 0;           // what looking took before the boundary, on the program's own thread
  std::int64_t interpreters = 0;        // that are left alone: sub-interpreters, worker threads
};

}  // namespace cleanslate
