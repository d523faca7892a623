#include "probe/python/reachability.h"

#include <algorithm>
#include <cstring>

namespace cleanslate {
namespace {

constexpr unsigned long kReady = 1ul << 12;
constexpr unsigned long kManagedReferences = 1ul << 3;  // to it, 3.12 and later
constexpr std::size_t kCollectorHead = 16, kManagedHead = 16;
constexpr std::intptr_t kSmallestText = 40;
constexpr std::size_t kWord = 8;
constexpr std::uint32_t kNone = ~0u;

struct CollectorHead {
  std::uintptr_t next;  // 0: the collector doesn't know of it
  std::uintptr_t previous;
};
constexpr std::uintptr_t kCollectorBits = 3;
// The lists of the collector's generations begin and end side by side, each with two numbers behind it.
constexpr std::uintptr_t kGeneration = 24;
constexpr std::size_t kMostYoung = 20'000, kMostOlder = 10'000;  // the latest of a generation

}  // namespace

PythonReachability::PythonReachability(const PythonApi& api)
    : api_(api), objects_(api), places_(std::size_t{1} << 15, kNone) {}

// A type is an instance of `type`, or of a class derived from it, and says that it is ready.
bool PythonReachability::IsType(std::uintptr_t address) {
  constexpr std::uintptr_t kFirst = 1 << 16;
  if (address % 8 != 0 || address < kFirst || address >> 47 != 0) return false;
  const auto known = types_.find(address);
  if (known != types_.end()) return known->second;
  bool is_type = false;
  PythonType type;
  if (reader_.Read(reinterpret_cast<const void*>(address), &type, sizeof(type)) &&
      (type.flags & kReady) != 0) {
    PythonType meta;
    is_type = type.base.type == api_.PyType_Type ||
              (reader_.Read(type.base.type, &meta, sizeof(meta)) && (meta.flags & kPythonIsType) != 0 &&
               (meta.flags & kReady) != 0 && meta.base.type == api_.PyType_Type);
  }
  types_.emplace(address, is_type);
  return is_type;
}

// Before an object that is collected stand 16 bytes of the collector's, and before these, where its
// attributes are managed, as many again.
PythonObject* PythonReachability::ObjectIn(std::uintptr_t block, std::size_t bytes) {
  for (const std::size_t offset : {std::size_t{0}, kCollectorHead, kCollectorHead + kManagedHead}) {
    if (bytes < offset + sizeof(PythonObject)) break;
    auto* const object = reinterpret_cast<PythonObject*>(block + offset);
    if (!IsType(reinterpret_cast<std::uintptr_t>(object->type))) continue;
    const PythonType& type = *object->type;
    std::size_t head = (type.flags & kPythonCollected) != 0 ? kCollectorHead : 0;
    const unsigned long managed =
        api_.minor < 11 ? 0 : kPythonManagedDict | (api_.minor >= 12 ? kManagedReferences : 0);
    if ((type.flags & managed) != 0) head += kManagedHead;
    // A text in one piece is smaller than its class says.
    const std::intptr_t least = &type == api_.PyUnicode_Type ? kSmallestText : type.basic_size;
    if (head != offset || static_cast<std::intptr_t>(bytes - offset) < least) continue;
    if (HasPlausibleCount(object)) return object;
  }
  return nullptr;
}

// Where two words of a table look like an object, the first is an address; what is left of a former object
// has no references.
bool PythonReachability::HasPlausibleCount(const PythonObject* object) const {
  const auto word = static_cast<std::uint64_t>(object->references);
  const std::uint64_t above = api_.minor >= 14 ? word >> 32 & 0xffff : word >> 32;
  return above == 0 && ReferencesOf(object) > 0;
}

std::int64_t PythonReachability::ReferencesOf(const PythonObject* object) const {
  if (api_.minor < 12) return object->references;
  // The upper half is for other things; immortal ones are negative in the lower one.
  const auto count = static_cast<std::uint32_t>(object->references);
  return count >> 31 != 0 ? 0xffffffff : count;
}

// Classes that give the memory of a freed instance to the next one without telling the allocator. And
// numbers, which all kinds of tables of the interpreter have for keys.
bool PythonReachability::IsReused(const PythonObject* object) const {
  const PythonType* const type = object->type;
  if (std::strcmp(type->name, "functools._lru_list_elem") == 0) return true;
  if ((type->flags & kPythonMadeByClass) != 0) return false;
  if (type == api_.PyUnicode_Type || type == api_.PyBytes_Type || type == api_.PyByteArray_Type ||
      type == api_.PySet_Type || type == api_.PyFrozenSet_Type || type == api_.PyFunction_Type)
    return false;
  static constexpr const char* kReused[] = {"int",    "list",    "tuple", "dict",
                                            "float",  "complex", "slice", "context",
                                            "method", "range",   "frame", "builtin_function_or_method"};
  return std::any_of(std::begin(kReused), std::end(kReused),
                     [type](const char* name) { return std::strcmp(type->name, name) == 0; });
}

bool PythonReachability::IsTracked(const PythonObject* object) {
  return (reinterpret_cast<const CollectorHead*>(object) - 1)->next != 0;
}

bool PythonReachability::IsCollected(const PythonObject* object) const {
  return (object->type->flags & kPythonCollected) != 0 && object->type->traverse != nullptr;
}

// What modules lead to is the whole program, and none of it is garbage. What the collector doesn't track may
// not be finished, but for dictionaries and tuples.
bool PythonReachability::MayFollow(const Node& node) const {
  const PythonObject* const object = node.object;
  const PythonType* const type = object->type;
  if (!IsCollected(object)) return false;
  if (type == api_.PyModule_Type || fences_.count(object) != 0) return false;
  if (!IsTracked(object)) return type == api_.PyDict_Type || type == api_.PyTuple_Type;
  return node.young;
}

// Whether its neighbours in the collector's list know it.
bool PythonReachability::IsLinked(const PythonObject* object) {
  const auto* const head = reinterpret_cast<const CollectorHead*>(object) - 1;
  const auto at = reinterpret_cast<std::uintptr_t>(head);
  CollectorHead next, previous;
  return head->next != 0 &&
         reader_.Read(reinterpret_cast<const void*>(head->next & ~kCollectorBits), &next, sizeof(next)) &&
         reader_.Read(reinterpret_cast<const void*>(head->previous & ~kCollectorBits), &previous,
                      sizeof(previous)) &&
         (next.previous & ~kCollectorBits) == at && (previous.next & ~kCollectorBits) == at;
}

void PythonReachability::NoteModules() {
  PythonObject* const modules = api_.PySys_GetObject("modules");
  if (modules == nullptr || modules->type != api_.PyDict_Type) return;
  fences_.insert(modules);
  objects_.ForEachItem(modules, [&](PythonObject* name, PythonObject* module) {
    if (module->type != api_.PyModule_Type) return;
    PythonObject* const names = api_.PyModule_GetDict(module);
    fences_.insert(names);
    objects_.ForEachItem(names, [&](PythonObject*, PythonObject* value) { NoteBounded(value); });
    if (objects_.Ascii(name) != "re") return;
    for (const char* const cache : {"_cache", "_cache2"})
      if (PythonObject* const found = objects_.Find(names, cache)) AddBounded(found);
  });
}

void PythonReachability::NoteBounded(PythonObject* object) {
  const char* const type = object->type->name;
  if (std::strcmp(type, "functools._lru_cache_wrapper") == 0) {
    std::intptr_t most = -1;
    PythonObject* const cache = objects_.CacheOf(object, most);
    if (cache == nullptr || most < 0) return;
    AddBounded(object);
    AddBounded(cache);
  } else if (std::strcmp(type, "collections.deque") == 0 && PythonObjects::MostOf(object) >= 0) {
    AddBounded(object);
  }
}

void PythonReachability::AddBounded(PythonObject* object) {
  const std::uint32_t number = NodeOf(object);
  if (number == kNone) return;
  nodes_[number].young = nodes_[number].bounded = true;
  MakeSure(number);
}

// Where the object's number stands, or would.
std::uint32_t* PythonReachability::PlaceOf(const PythonObject* object) {
  const std::size_t mask = places_.size() - 1;
  std::size_t at =
      (reinterpret_cast<std::uintptr_t>(object) >> 4) * std::uint64_t{0x9E3779B97F4A7C15} >> 32 & mask;
  while (places_[at] != kNone && nodes_[places_[at]].object != object) at = (at + 1) & mask;
  return &places_[at];
}

const PythonReachability::Node* PythonReachability::Known(const PythonObject* object) const {
  const std::uint32_t number = *const_cast<PythonReachability*>(this)->PlaceOf(object);
  return number != kNone ? &nodes_[number] : nullptr;
}

std::uint32_t PythonReachability::NodeOf(PythonObject* object) {
  std::uint32_t* place = PlaceOf(object);
  if (*place != kNone) return *place;
  if (nodes_.size() >= kMostObjects) return kNone;
  if (2 * (nodes_.size() + 1) > places_.size()) {
    places_.assign(2 * places_.size(), kNone);
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) *PlaceOf(nodes_[i].object) = i;
    place = PlaceOf(object);
  }
  *place = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({object});
  return *place;
}

void PythonReachability::MakeSure(std::uint32_t number) {
  if (nodes_[number].sure) return;
  nodes_[number].sure = true;
  sure_.push_back(number);
}

void PythonReachability::Add(std::uintptr_t block, std::size_t bytes) {
  PythonObject* const object = ObjectIn(block, bytes);
  if (object == nullptr) return;
  const std::uint32_t number = NodeOf(object);
  if (number == kNone) return;
  blocks_.emplace(block, object);
  nodes_[number].young = true;
  if (IsCollected(object) && IsLinked(object)) MakeSure(number);
}

// From `last` backwards to `end`, or to what is no object: the list's beginning, which is returned.
std::uintptr_t PythonReachability::AddList(std::uintptr_t end, std::uintptr_t last, std::size_t most) {
  std::uintptr_t at = last;
  for (std::size_t i = 0; i < most && at != end && at != 0; ++i) {
    auto* const object = reinterpret_cast<PythonObject*>(at + kCollectorHead);
    if (!IsType(reinterpret_cast<std::uintptr_t>(object->type)) || !IsCollected(object)) return at;
    const std::uint32_t number = NodeOf(object);
    if (number == kNone) return 0;
    nodes_[number].young = true;
    MakeSure(number);
    at = reinterpret_cast<const CollectorHead*>(at)->previous & ~kCollectorBits;
  }
  return 0;
}

// An object that was made just now is the last of the first generation.
void PythonReachability::AddYoung() {
  PythonObject* const latest = api_.PyTuple_New(1);
  if (latest == nullptr) return api_.PyErr_Clear();
  const auto last = reinterpret_cast<std::uintptr_t>(latest) - kCollectorHead;
  const std::uintptr_t youngest =
      AddList(0, reinterpret_cast<const CollectorHead*>(last)->previous & ~kCollectorBits, kMostYoung);
  CollectorHead head;
  if (youngest != 0 && reader_.Read(reinterpret_cast<const void*>(youngest), &head, sizeof(head)) &&
      head.previous == last) {
    for (int generation = 1; generation <= 2; ++generation) {
      const std::uintptr_t end = youngest + generation * kGeneration;
      CollectorHead last_of;
      if (!reader_.Read(reinterpret_cast<const void*>(end), &head, sizeof(head)) || head.previous == end)
        continue;
      if (!reader_.Read(reinterpret_cast<const void*>(head.previous), &last_of, sizeof(last_of)) ||
          (last_of.next & ~kCollectorBits) != end)
        break;
      AddList(end, head.previous, generation == 1 ? kMostYoung : kMostOlder);
    }
  }
  api_.Py_DecRef(latest);
}

// What the type's own walk meets, and what it leaves out since it closes no cycle: a dictionary's texts, and
// what code objects have.
template <typename Visit>
void PythonReachability::ForEachReferent(PythonObject* object, Visit visit) {
  if (object->type == api_.PyCode_Type) {
    const auto end = static_cast<std::size_t>(object->type->basic_size);  // where the instructions begin
    for (std::size_t at = sizeof(PythonObject); at + kWord <= end; at += kWord) {
      PythonObject* found = nullptr;
      std::memcpy(&found, reinterpret_cast<const char*>(object) + at, kWord);
      PythonObject head;
      const auto address = reinterpret_cast<std::uintptr_t>(found);
      if (address % 8 == 0 && address >> 47 == 0 && reader_.Read(found, &head, sizeof(head)) &&
          IsType(reinterpret_cast<std::uintptr_t>(head.type)) && HasPlausibleCount(found))
        visit(found);
    }
    return;
  }
  objects_.ForEachReferent(object, object->type, [&](PythonObject* found) {
    if (found != nullptr) visit(found);
  });
  if (PythonObjects::Is(object, kPythonIsDict))
    objects_.ForEachItem(object, [&](PythonObject* key, PythonObject*) {
      if (key->type == api_.PyUnicode_Type) visit(key);
    });
}

bool PythonReachability::Follow() {
  for (; next_ < sure_.size(); ++next_) {
    if (references_ > kMostReferences || nodes_.size() >= kMostObjects) return false;
    Node& node = nodes_[sure_[next_]];
    if (!node.followed && MayFollow(node)) {
      node.followed = true;
      Count(node.object);
    }
  }
  return true;
}

void PythonReachability::Count(PythonObject* object) {
  ForEachReferent(object, [&](PythonObject* found) {
    ++references_;
    // What is neither asked for nor leads on to what is within is of no interest: texts, numbers, old
    // objects.
    const bool leads_on = found->type == api_.PyCode_Type || (IsCollected(found) && !IsTracked(found));
    const std::uint32_t number = leads_on ? NodeOf(found) : *PlaceOf(found);
    if (number == kNone) return;
    ++nodes_[number].from_within;
    MakeSure(number);
  });
}

void PythonReachability::FindHeld() {
  std::vector<std::uint32_t> held;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    node.held = !node.bounded && ReferencesOf(node.object) > node.from_within;
    if (node.held) held.push_back(i);
  }
  while (!held.empty()) {
    const Node node = nodes_[held.back()];
    held.pop_back();
    if (!node.followed) continue;
    ForEachReferent(node.object, [&](PythonObject* found) {
      const std::uint32_t number = *PlaceOf(found);
      if (number == kNone || nodes_[number].held || nodes_[number].bounded) return;
      nodes_[number].held = true;
      held.push_back(number);
    });
  }
}

// That of functions which are garbage.
bool PythonReachability::FollowCode() {
  bool found = false;
  for (std::size_t i = 0; i < nodes_.size() && nodes_.size() < kMostObjects; ++i) {
    if (nodes_[i].held || nodes_[i].followed || !nodes_[i].sure) continue;
    if (nodes_[i].object->type != api_.PyCode_Type) continue;
    nodes_[i].followed = found = true;
    Count(nodes_[i].object);
  }
  return found;
}

bool PythonReachability::Find() {
  NoteModules();
  AddYoung();
  do {
    if (!Follow()) return false;
    FindHeld();
  } while (FollowCode());
  return true;
}

// Old objects have weak references to what waits to be collected, a class to those derived from it; and to
// what is gone: a database connection to its cursors, of which it clears its list now and then.
bool PythonReachability::IsToGarbage(const PythonObject* object) const {
  const PythonType* const type = object->type;
  if (type != api_._PyWeakref_RefType && type->derived_from != api_._PyWeakref_RefType) return false;
  const PythonObject* const to = reinterpret_cast<PythonObject* const*>(object)[2];
  if (to == api_.none) return true;
  const Node* const known = Known(to);
  return known != nullptr && !known->held;
}

PythonReachability::Verdict PythonReachability::Of(std::uintptr_t block) const {
  const auto object = blocks_.find(block);
  if (object == blocks_.end()) return Verdict::kNoObject;
  const Node& node = *Known(object->second);
  if (!node.held || IsToGarbage(node.object)) return Verdict::kGarbage;
  return IsReused(object->second) ? Verdict::kHeldAtAnyPlace : Verdict::kHeld;
}

}  // namespace cleanslate
