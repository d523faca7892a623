#pragma once

// How CPython 3.10 to 3.14 lays out what its interface tells only by running code: texts, the attributes of
// instances (on 3.11 and later without making the dictionaries that nobody has asked for), types, caches of
// functools. Each layout is checked before it is used; one that isn't as known here switches the probe off.
//
// COLD; with the interpreter's lock. Nothing here allocates Python objects after Check, runs a user's code,
// or takes a reference.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "probe/python/api.h"

namespace cleanslate {

using PythonVisit = int (*)(PythonObject*, void*);

// The part of a type that is the same in all versions.
struct PythonType {
  PythonObject base;
  std::intptr_t items;
  const char* name;
  std::intptr_t basic_size;
  void* functions_before_flags[16];
  unsigned long flags;
  const char* doc;
  int (*traverse)(PythonObject*, PythonVisit, void*);
  void* functions_before_base[8];
  PythonType* derived_from;
  PythonObject* attributes;
  void* descriptors[2];
  std::intptr_t dict_offset;
  void* makers[6];
  PythonObject* order;  // of its bases, for look-ups
};

enum PythonTypeFlag : unsigned long {
  kPythonManagedDict = 1ul << 4,   // 3.11 and later
  kPythonInlineValues = 1ul << 2,  // 3.13 and later
  kPythonMadeByClass = 1ul << 9,   // HEAPTYPE
  kPythonCollected = 1ul << 14,    // HAVE_GC
  kPythonIsInt = 1ul << 24,
  kPythonIsList = 1ul << 25,
  kPythonIsTuple = 1ul << 26,
  kPythonIsBytes = 1ul << 27,
  kPythonIsText = 1ul << 28,
  kPythonIsDict = 1ul << 29,
  kPythonIsException = 1ul << 30,
  kPythonIsType = 1ul << 31,
};

struct PythonText {
  const char* data = nullptr;
  std::size_t length = 0;  // in characters
  unsigned width = 1;      // bytes of a character
  bool ascii = false;
  bool interned = false;  // a name or a constant of the program

  std::string_view bytes() const { return {data, length * width}; }
  // As UTF-8: itself, or in the buffer, of at most `most` characters.
  std::string_view Utf8(std::string& buffer, std::size_t most) const;
};

struct PythonSlot {
  PythonObject* name;
  std::intptr_t offset;
};

// A new reference to one of C's objects, given back at the end.
class PythonHeld {
 public:
  PythonHeld(const PythonApi& api, PythonObject* object) : api_(api), object_(object) {}
  ~PythonHeld() {
    if (object_ != nullptr) api_.Py_DecRef(object_);
  }
  PythonHeld(const PythonHeld&) = delete;
  PythonHeld& operator=(const PythonHeld&) = delete;
  PythonObject* get() const { return object_; }

 private:
  const PythonApi& api_;
  PythonObject* object_;
};

class PythonObjects {
 public:
  explicit PythonObjects(const PythonApi& api) : api_(api) {}

  // Whether the layouts are as known, by what is in every interpreter. `why` when they aren't.
  bool Check(std::string& why) const;

  static bool Is(const PythonObject* object, unsigned long flag) { return (object->type->flags & flag) != 0; }
  bool IsText(const PythonObject* object) const { return Is(object, kPythonIsText); }

  // False for what isn't a text, or one of 3.11 and before that isn't ready.
  bool Read(const PythonObject* object, PythonText& text) const;
  // The characters of an ASCII text; nothing of all else.
  std::string_view Ascii(const PythonObject* object) const;

  // The dictionary of an instance, where there is one already.
  PythonObject* DictOf(PythonObject* object) const;
  // Attributes that stand in the object, not in a dictionary: names and values; null values are left out.
  template <typename Visit>
  void ForEachInlineValue(PythonObject* object, Visit visit) const {
    PythonObject** values = nullptr;
    const char* entries = nullptr;
    const std::size_t count = InlineValues(object, values, entries);
    for (std::size_t i = 0; i < count; ++i) {
      PythonObject* const name = *reinterpret_cast<PythonObject* const*>(entries + i * 2 * sizeof(void*));
      if (name != nullptr && values[i] != nullptr) visit(name, values[i]);
    }
  }
  // Appends the __slots__ of a class and of its bases.
  void SlotsOf(PythonType* type, std::vector<PythonSlot>& slots) const;

  template <typename Visit>
  void ForEachItem(PythonObject* dict, Visit visit) const {
    PythonObject *key = nullptr, *value = nullptr;
    for (std::intptr_t position = 0; api_.PyDict_Next(dict, &position, &key, &value) != 0;) visit(key, value);
  }
  // Names and values of an instance, from wherever it keeps them.
  template <typename Visit>
  void ForEachAttribute(PythonObject* object, const std::vector<PythonSlot>& slots, Visit visit) const {
    if (PythonObject* const dict = DictOf(object))
      ForEachItem(dict, visit);
    else
      ForEachInlineValue(object, visit);
    for (const PythonSlot& slot : slots)
      if (PythonObject* const value =
              *reinterpret_cast<PythonObject**>(reinterpret_cast<char*>(object) + slot.offset))
        visit(slot.name, value);
  }
  // What a dictionary with texts for keys has under a name; compares characters only.
  PythonObject* Find(PythonObject* dict, std::string_view name) const;

  // Calls visit for each object that this one refers to, by the type's own walk.
  template <typename Visit>
  void ForEachReferent(PythonObject* object, PythonType* as, Visit visit) const {
    if (as->traverse == nullptr || !Is(object, kPythonCollected)) return;
    as->traverse(
        object,
        [](PythonObject* found, void* context) {
          (*static_cast<Visit*>(context))(found);
          return 0;
        },
        &visit);
  }

  // The attributes of a threading.local: a dictionary a thread, by weak references to what ends with the
  // thread (3.12 and earlier) or by that itself.
  template <typename Visit>
  void ForEachThreadDict(PythonObject* local, Visit visit) const {
    ForEachReferent(local, local->type, [&](PythonObject* found) {
      if (found->type != api_.PyDict_Type) return;
      ForEachItem(found, [&](PythonObject* key, PythonObject* value) {
        const bool is_thread = key->type == api_._PyWeakref_RefType ||
                               std::string_view(key->type->name) == "_thread._localdummy";
        if (is_thread && value->type == api_.PyDict_Type) visit(value);
      });
    });
  }
  // The dictionary of a functools cache, and its maxsize: -1 without an end. Null: it isn't known.
  PythonObject* CacheOf(PythonObject* lru_cache, std::intptr_t& most) const;
  static PythonObject* CachedFunction(const PythonObject* lru_cache) { return Word(lru_cache, 11); }
  static PythonObject* CellContents(const PythonObject* cell) { return Word(cell, 2); }
  static PythonObject* DefaultOf(const PythonObject* context_variable) { return Word(context_variable, 3); }
  static std::intptr_t MostOf(const PythonObject* deque) {
    return reinterpret_cast<std::intptr_t>(Word(deque, 8));
  }
  static std::intptr_t LengthOf(const PythonObject* deque) {
    return reinterpret_cast<std::intptr_t>(Word(deque, 2));
  }
  // The context in which a thread runs; null when it has none, or it isn't known where it is.
  PythonObject* ContextOf(const PythonThread* thread) const;

 private:
  static PythonObject* Word(const void* object, int index) {
    return static_cast<PythonObject* const*>(object)[index];
  }
  std::size_t InlineValues(PythonObject* object, PythonObject**& values, const char*& entries) const;
  bool CheckTypes() const;
  bool CheckText(std::string_view utf8, unsigned width) const;
  bool CheckInstance() const;

  const PythonApi& api_;
};

}  // namespace cleanslate
