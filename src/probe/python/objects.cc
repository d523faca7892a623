#include "probe/python/objects.h"

#include <algorithm>
#include <cstring>

namespace cleanslate {
namespace {

static_assert(offsetof(PythonType, flags) == 168 && offsetof(PythonType, traverse) == 184);
static_assert(offsetof(PythonType, derived_from) == 256 && offsetof(PythonType, attributes) == 264);
static_assert(offsetof(PythonType, dict_offset) == 288 && offsetof(PythonType, order) == 344);

// str. Its `state` is a word of bits: interned 2, kind 3, compact 1, ascii 1, and up to 3.11 ready 1.
struct TextHead {
  PythonObject base;
  std::intptr_t length;
  std::intptr_t hash;
  std::uint32_t state;
};
constexpr std::size_t kAsciiHead = 40, kTextHead = 56;        // 3.12 and later
constexpr std::size_t kOldAsciiHead = 48, kOldTextHead = 72;  // with wchar_t* and its length

// The keys that the instances of a class share, 3.11 and later.
struct SharedKeys {
  std::intptr_t references;
  std::uint8_t log2_size;
  std::uint8_t log2_index_bytes;
  std::uint8_t kind;  // 0: keys of all types, in entries of three words
  std::uint32_t version;
  std::intptr_t usable;
  std::intptr_t entries;
};
constexpr std::size_t kMostKeys = 256;  // a byte counts them

// A descriptor of __slots__.
struct MemberDescriptor {
  PythonObject base;
  PythonType* type;
  PythonObject* name;
  PythonObject* qualified_name;
  struct Member {
    const char* name;
    int type;
    std::intptr_t offset;
  } * member;
};
constexpr int kObjectMember = 16;  // T_OBJECT_EX

void AppendUtf8(std::uint32_t character, std::string& text) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((character >> shift) & 0x3f)); };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += static_cast<char>(0xc0 | character >> 6);
    tail(0);
  } else if (character < 0x10000) {
    text += static_cast<char>(0xe0 | character >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0 | character >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::string_view PythonText::Utf8(std::string& buffer, std::size_t most) const {
  const std::size_t count = std::min(length, most);
  if (ascii) return {data, count};
  buffer.clear();
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t character = 0;
    std::memcpy(&character, data + i * width, width);  // little-endian, as all that we run on
    AppendUtf8(character, buffer);
  }
  return buffer;
}

bool PythonObjects::Read(const PythonObject* object, PythonText& text) const {
  if (!IsText(object)) return false;
  const auto* const head = reinterpret_cast<const TextHead*>(object);
  const bool old = api_.minor < 12;
  const std::uint32_t state = head->state;
  // 3.14 may give `interned` a wider field; a byte's two low bits are what is asked for in any case.
  const bool compact = (state >> 5 & 1) != 0;
  text.ascii = (state >> 6 & 1) != 0;
  if (old && (state >> 7 & 1) == 0) return false;
  text.interned = (state & 3) != 0;
  text.width = state >> 2 & 7;
  if (text.width != 1 && text.width != 2 && text.width != 4) return false;
  text.length = static_cast<std::size_t>(head->length);
  const char* const start = reinterpret_cast<const char*>(object);
  const std::size_t whole_head = old ? kOldTextHead : kTextHead;
  if (!compact)
    text.data = reinterpret_cast<const char*>(Word(start + whole_head, 0));
  else
    text.data = start + (!text.ascii ? whole_head : old ? kOldAsciiHead : kAsciiHead);
  return text.data != nullptr;
}

std::string_view PythonObjects::Ascii(const PythonObject* object) const {
  PythonText text;
  if (object == nullptr || !Read(object, text) || !text.ascii) return {};
  return text.bytes();
}

PythonObject* PythonObjects::DictOf(PythonObject* object) const {
  const PythonType* const type = object->type;
  PythonObject* dict = nullptr;
  if (api_.minor >= 11 && (type->flags & kPythonManagedDict) != 0) {
    dict = Word(object, -3);
    // 3.12 keeps either in this word: the values' address is odd.
    if (api_.minor == 12 && (reinterpret_cast<std::uintptr_t>(dict) & 1) != 0) return nullptr;
  } else if (type->dict_offset > 0) {
    dict = Word(reinterpret_cast<const char*>(object) + type->dict_offset, 0);
  }
  return dict != nullptr && Is(dict, kPythonIsDict) ? dict : nullptr;
}

std::size_t PythonObjects::InlineValues(PythonObject* object, PythonObject**& values,
                                        const char*& entries) const {
  const PythonType* const type = object->type;
  if (api_.minor < 11 || (type->flags & kPythonManagedDict) == 0) return 0;
  const char* inlined = nullptr;
  std::size_t capacity = kMostKeys;
  if (api_.minor == 11) {
    inlined = reinterpret_cast<const char*>(Word(object, -4));
  } else if (api_.minor == 12) {
    const auto word = reinterpret_cast<std::uintptr_t>(Word(object, -3));
    if ((word & 1) != 0) inlined = reinterpret_cast<const char*>(word + 1);
  } else if ((type->flags & kPythonInlineValues) != 0 && Word(object, -3) == nullptr) {
    inlined = reinterpret_cast<const char*>(object) + type->basic_size;
    capacity = static_cast<std::uint8_t>(inlined[0]);
    if (inlined[3] == 0) return 0;  // they aren't valid
    inlined += sizeof(void*);
  }
  if (inlined == nullptr) return 0;
  const std::size_t keys_at = api_.minor < 12 ? 872 : 880;  // ht_cached_keys
  const auto* const keys =
      reinterpret_cast<const SharedKeys*>(Word(reinterpret_cast<const char*>(type) + keys_at, 0));
  if (keys == nullptr || keys->kind == 0) return 0;
  values = reinterpret_cast<PythonObject**>(const_cast<char*>(inlined));
  entries = reinterpret_cast<const char*>(keys + 1) + (std::size_t{1} << keys->log2_index_bytes);
  return std::min(static_cast<std::size_t>(std::max<std::intptr_t>(keys->entries, 0)), capacity);
}

void PythonObjects::SlotsOf(PythonType* type, std::vector<PythonSlot>& slots) const {
  if (type->order == nullptr || type->order->type != api_.PyTuple_Type) return;
  const std::intptr_t count = api_.PyTuple_Size(type->order);
  for (std::intptr_t i = 0; i < count; ++i) {
    auto* const base = reinterpret_cast<PythonType*>(api_.PyTuple_GetItem(type->order, i));
    if ((base->flags & kPythonMadeByClass) == 0 || base->attributes == nullptr) continue;
    ForEachItem(base->attributes, [&](PythonObject* name, PythonObject* value) {
      if (value->type != api_.PyMemberDescr_Type) return;
      const auto* const descriptor = reinterpret_cast<const MemberDescriptor*>(value);
      if (descriptor->type == base && descriptor->member->type == kObjectMember)
        slots.push_back({name, descriptor->member->offset});
    });
  }
}

PythonObject* PythonObjects::Find(PythonObject* dict, std::string_view name) const {
  PythonObject* found = nullptr;
  PythonObject *key = nullptr, *value = nullptr;
  for (std::intptr_t position = 0; found == nullptr && api_.PyDict_Next(dict, &position, &key, &value) != 0;)
    if (Ascii(key) == name) found = value;
  return found;
}

PythonObject* PythonObjects::CacheOf(PythonObject* lru_cache, std::intptr_t& most) const {
  // root of a ring (7 words), the function that serves, typed, cache, hits, the cached function, maxsize
  constexpr int kCache = 9, kHits = 10, kMost = 12;
  if (lru_cache->type->basic_size < static_cast<std::intptr_t>((kMost + 1) * sizeof(void*))) return nullptr;
  PythonObject* const cache = Word(lru_cache, kCache);
  bool referred = false;
  ForEachReferent(lru_cache, lru_cache->type, [&](PythonObject* each) { referred |= each == cache; });
  if (!referred || cache->type != api_.PyDict_Type) return nullptr;
  if (reinterpret_cast<std::intptr_t>(Word(lru_cache, kHits)) < 0) return nullptr;
  most = reinterpret_cast<std::intptr_t>(Word(lru_cache, kMost));
  return most >= -1 ? cache : nullptr;
}

PythonObject* PythonObjects::ContextOf(const PythonThread* thread) const {
  std::ptrdiff_t at = 0;
  switch (api_.minor) {
    case 10:
      at = 240;
      break;
    case 11:
      at = 224;
      break;
    case 12:
    case 13:
    case 14:
      at = 208;
      break;
    default:
      return nullptr;
  }
  PythonObject* const context = Word(reinterpret_cast<const char*>(thread) + at, 0);
  return context != nullptr && context->type == api_.PyContext_Type ? context : nullptr;
}

bool PythonObjects::CheckTypes() const {
  const auto is = [&](PythonType* type, std::string_view name, unsigned long flag) {
    return type->base.type == api_.PyType_Type && name == type->name &&
           type->flags == api_.PyType_GetFlags(type) && (type->flags & flag) == flag;
  };
  return is(api_.PyType_Type, "type", kPythonIsType) && is(api_.PyLong_Type, "int", kPythonIsInt) &&
         is(api_.PyUnicode_Type, "str", kPythonIsText) && is(api_.PyDict_Type, "dict", kPythonIsDict) &&
         is(api_.PyList_Type, "list", kPythonIsList | kPythonCollected) &&
         is(api_.PyTuple_Type, "tuple", kPythonIsTuple) && is(api_.PyBytes_Type, "bytes", kPythonIsBytes) &&
         api_.PyBool_Type->derived_from == api_.PyLong_Type &&
         api_.PyBool_Type->order->type == api_.PyTuple_Type && api_.PyList_Type->traverse != nullptr;
}

bool PythonObjects::CheckText(std::string_view utf8, unsigned width) const {
  PythonObject* const made =
      api_.PyUnicode_FromStringAndSize(utf8.data(), static_cast<std::intptr_t>(utf8.size()));
  if (made == nullptr) return false;
  PythonText text;
  std::string buffer;
  const bool known = Read(made, text) && text.width == width && !text.interned &&
                     text.ascii == (width == 1 && text.length == utf8.size()) &&
                     static_cast<std::intptr_t>(text.length) == api_.PyUnicode_GetLength(made) &&
                     text.Utf8(buffer, text.length) == utf8;
  api_.Py_DecRef(made);
  return known;
}

// By the descriptions that each module has of itself, which are instances of a class written in Python: the
// attributes as they stand in memory against what the type's own walk meets.
bool PythonObjects::CheckInstance() const {
  PythonObject* const modules = api_.PySys_GetObject("modules");
  if (modules == nullptr || modules->type != api_.PyDict_Type) return false;
  bool known = true, met_one = false;
  ForEachItem(modules, [&](PythonObject*, PythonObject* module) {
    if (met_one || module->type != api_.PyModule_Type) return;
    PythonObject* const spec = Find(api_.PyModule_GetDict(module), "__spec__");
    if (spec == nullptr || std::string_view(spec->type->name) != "ModuleSpec") return;
    std::vector<PythonObject*> here, walked;
    PythonObject* name = nullptr;
    const auto take = [&](PythonObject* key, PythonObject* value) {
      here.push_back(value);
      if (PythonText text; Ascii(key) == "name" && Read(key, text) && text.interned) name = value;
    };
    if (PythonObject* const dict = DictOf(spec))
      ForEachItem(dict, take);
    else
      ForEachInlineValue(spec, take);
    if (DictOf(spec) != nullptr && api_.minor >= 11) return;  // one that was asked for: another tells more
    ForEachReferent(spec, spec->type, [&](PythonObject* each) {
      if (each != &spec->type->base && each != DictOf(spec)) walked.push_back(each);
    });
    std::sort(here.begin(), here.end());
    std::sort(walked.begin(), walked.end());
    met_one = true;
    known = name != nullptr && Ascii(name) == Ascii(Find(api_.PyModule_GetDict(module), "__name__")) &&
            (api_.minor == 10 || here == walked);
  });
  // Where a program has asked for all their dictionaries, none is left to tell; each version has been tested.
  return known;
}

bool PythonObjects::Check(std::string& why) const {
  if (!CheckTypes())
    why = "this build of Python lays out its types in a way that is not known";
  else if (!CheckText("cleanslate 1", 1) || !CheckText("cl\xc3\xa9 of a slate", 1) ||
           !CheckText("\xe2\x82\xac of a slate", 2) || !CheckText("\xf0\x9f\xa7\xb9 of a slate", 4))
    why = "this build of Python lays out its texts in a way that is not known";
  else if (!CheckInstance())
    why = "this build of Python lays out its instances in a way that is not known";
  return why.empty();
}

}  // namespace cleanslate
