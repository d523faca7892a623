#include "probe/python/walk.h"

#include <algorithm>
#include <bit>

namespace cleanslate {
namespace {

constexpr std::size_t kTail = 512;  // last elements of what doesn't fit
constexpr std::size_t kMostRemembered = 16'384;
constexpr std::size_t kStepsBetweenClockReads = 256;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool LooksLikeText(std::string_view bytes) {
  const std::string_view looked_at = bytes.substr(0, 4096);
  const auto read = std::count_if(looked_at.begin(), looked_at.end(),
                                  [](char each) { return (each >= ' ' && each <= '~') || each == '\n'; });
  return 2 * static_cast<std::size_t>(read) >= looked_at.size();
}

bool LooksLikeTime(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  if (text.size() < 5 || text.size() > kLongest) return false;
  std::size_t digits = 0, colons = 0, dashes = 0, letters = 0, dots = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (IsDigit(c))
      ++digits;
    else if (c == ':' && at > 0 && IsDigit(text[at - 1]) && at + 1 < text.size() && IsDigit(text[at + 1]))
      ++colons;
    else if (c == '-' || c == '/')
      ++dashes;
    else if (c == '.')
      ++dots;
    else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
      ++letters;
    else if (c != ' ' && c != ',' && c != '+')
      return false;
  }
  // "Fri, 27 Nov 2026 17:19:44 GMT" has the most letters; "1795410131.123" no mark but its dot.
  if (letters > 12 || digits < 4) return false;
  const bool day = dashes == 2 && digits >= 6 && digits <= 8 && letters == 0;
  const bool clock = colons >= 1 && digits >= 4 && (letters <= 4 || (digits >= 10 && letters <= 12));
  const bool seconds = dots == 1 && letters + dashes + colons == 0 && digits >= 10 && text.find('.') == 10;
  return day || clock || seconds;
}

PythonContents PythonWalk::Measure(const PythonRoot& root) {
  searching_ = false;
  contents_ = {};
  Walk(root);
  return contents_;
}

void PythonWalk::Search(const PythonRoot& root, const EventValues* event,
                        const std::vector<std::uint64_t>& before, std::vector<HeldValue>& holds,
                        std::vector<std::uint64_t>& texts) {
  searching_ = true;
  met_.Clear();
  event_ = event != nullptr && !event->empty() ? event : nullptr;
  before_ = &before;
  holds_ = &holds;
  texts_ = &texts;
  contents_ = {};
  Walk(root);
  std::sort(texts.begin(), texts.end());
  std::sort(holds.begin(), holds.end(),
            [](const HeldValue& a, const HeldValue& b) { return a.field < b.field; });
  holds.erase(std::unique(holds.begin(), holds.end()), holds.end());
}

void PythonWalk::Walk(const PythonRoot& root) {
  root_ = root;
  walked_ = 0;
  most_ = root.foreign || root.registry ? kMostForeignSteps : kMostSteps;
  waiting_.clear();
  PythonObject* const value = root.value;
  const PythonTypeFacts& facts = types_.Of(value->type);
  switch (facts.kind) {
    case PythonKind::kNone:
    case PythonKind::kText:
    case PythonKind::kBytes:
    case PythonKind::kByteArray:
      Meet(value, false);
      return;
    case PythonKind::kNumber:
      if (searching_ && event_ != nullptr && value->type != api_.PyBool_Type) {
        int overflow = 0;
        const double number = value->type == api_.PyFloat_Type
                                  ? api_.PyFloat_AsDouble(value)
                                  : static_cast<double>(api_.PyLong_AsLongLongAndOverflow(value, &overflow));
        if (overflow == 0) event_->Find(number, *holds_);
      }
      Meet(value, false);
      return;
    default:
      break;
  }
  contents_.object = hash_.Of(reinterpret_cast<std::uintptr_t>(value)) | 1;
  // Somebody else's variable too: that one is charged with it.
  const bool named_elsewhere = owners_.NamedBy(value) != root.number;
  if (facts.kind == PythonKind::kOpaque || facts.kind == PythonKind::kFunction ||
      facts.kind == PythonKind::kClass || root.shallow || named_elsewhere) {
    TakeOpaque(value);
    // That it gets ever more attributes shows in none of them.
    if (root.shallow && facts.own && !named_elsewhere)
      objects_.ForEachAttribute(value, facts.slots,
                                [&](PythonObject*, PythonObject*) { ++contents_.entries; });
    contents_.size = contents_.entries;
    return;
  }
  Expand(value, facts.kind == PythonKind::kLruCache);
  contents_.size = contents_.entries;
  while (!waiting_.empty()) {
    const Item item = waiting_.back();
    waiting_.pop_back();
    Expand(item.object, item.uncounted);
  }
}

bool PythonWalk::MayStep() {
  ++steps_;
  if (++walked_ % kStepsBetweenClockReads == 0) Spent();
  return walked_ <= most_;
}

// How many elements at either end are looked at.
PythonWalk::Range PythonWalk::Fitting(std::intptr_t count) {
  const auto all = static_cast<std::size_t>(std::max<std::intptr_t>(count, 0));
  const std::size_t room = most_ > walked_ ? most_ - walked_ : 0;
  if (all <= room) return {all, 0};
  const std::size_t tail = std::min(kTail, room / 2);
  contents_.left_out += static_cast<std::int64_t>(all - room);
  return {room - tail, tail};
}

void PythonWalk::Expand(PythonObject* object, bool uncounted) {
  const PythonTypeFacts& facts = types_.Of(object->type);
  const auto each_of = [&](std::intptr_t count, PythonObject* (*at)(PythonObject*, std::intptr_t)) {
    contents_.entries += count;
    if (root_.registry) return;
    const Range range = Fitting(count);
    for (std::size_t i = 0; i < range.head; ++i) Meet(at(object, static_cast<std::intptr_t>(i)), uncounted);
    for (std::size_t i = range.tail; i > 0; --i)
      Meet(at(object, count - static_cast<std::intptr_t>(i)), uncounted);
  };
  const auto each_referent_of = [&](PythonType* as, std::intptr_t count) {
    contents_.entries += count;
    if (root_.registry) return;
    std::size_t left = Fitting(count).head;
    if (static_cast<std::size_t>(count) > left) left += std::min(kTail, most_ / 2);
    objects_.ForEachReferent(object, as, [&](PythonObject* found) {
      if (PythonObjects::Is(found, kPythonIsType) || left == 0) return;
      --left;
      Meet(found, uncounted);
    });
  };
  switch (facts.kind) {
    case PythonKind::kList:
      each_of(api_.PyList_Size(object), api_.PyList_GetItem);
      break;
    case PythonKind::kTuple:
      each_of(api_.PyTuple_Size(object), api_.PyTuple_GetItem);
      break;
    case PythonKind::kSet:
      // As the base class walks: instances of a derived class lead to their attributes too.
      each_referent_of(api_.PySet_Type, api_.PySet_Size(object));
      break;
    case PythonKind::kDeque:
      each_referent_of(types_.deque(), PythonObjects::LengthOf(object));
      break;
    case PythonKind::kDict:
      ExpandDict(object, uncounted);
      break;
    case PythonKind::kLruCache:
      ExpandCache(object);
      return;
    case PythonKind::kThreadLocal:
      objects_.ForEachThreadDict(object, [&](PythonObject* dict) { ExpandDict(dict, uncounted); });
      return;
    case PythonKind::kException:
      // What it was made with, its attributes and what it was raised from; not the frames that it went
      // through, which lead to all of the program's variables.
      contents_.rest += hash_.Of(reinterpret_cast<std::uintptr_t>(object->type));
      objects_.ForEachReferent(object, object->type, [&](PythonObject* found) {
        if (found->type == api_.PyTuple_Type || found->type == api_.PyDict_Type ||
            PythonObjects::Is(found, kPythonIsException))
          Meet(found, uncounted);
      });
      return;
    case PythonKind::kInstance:
    case PythonKind::kLogging:
      contents_.rest += hash_.Of(reinterpret_cast<std::uintptr_t>(object->type));
      if (facts.own && object != root_.value) ++contents_.entries;
      break;
    default:
      TakeOpaque(object);
      return;
  }
  if (facts.has_attributes) ExpandAttributes(object, facts, uncounted);
}

void PythonWalk::ExpandDict(PythonObject* dict, bool uncounted) {
  const std::intptr_t count = api_.PyDict_Size(dict);
  contents_.entries += count;
  if (root_.registry) return;
  const Range range = Fitting(2 * count);
  std::size_t left = range.head / 2;
  bool in_tail = false;
  PythonObject *key = nullptr, *value = nullptr;
  std::intptr_t position = 0;
  while (true) {
    if (left == 0 && !in_tail && range.tail > 0) {
      // Positions count removed entries as well, so this is before the last ones, or among them.
      in_tail = true;
      left = range.tail / 2;
      position = std::max(position, count - static_cast<std::intptr_t>(left));
    }
    if (left == 0 || api_.PyDict_Next(dict, &position, &key, &value) == 0) break;
    --left;
    Meet(key, true);
    Meet(value, uncounted || (searching_ && event_ != nullptr && KeyIsOfEvent(key, 0)));
  }
}

void PythonWalk::ExpandCache(PythonObject* cache) {
  std::intptr_t most = 0;
  PythonObject* const dict = objects_.CacheOf(cache, most);
  if (dict == nullptr) return TakeOpaque(cache);
  ExpandDict(dict, true);
}

void PythonWalk::ExpandAttributes(PythonObject* object, const PythonTypeFacts& facts, bool uncounted) {
  const auto take = [&](PythonObject* name, PythonObject* value) {
    if (object == root_.value && root_.attributes_count) ++contents_.entries;
    if (facts.kind == PythonKind::kLogging) {
      const std::string_view text = objects_.Ascii(name);
      if (text != "handlers" && text != "filters" && text != "formatter") return;
    }
    if (walked_ >= most_) {
      ++contents_.left_out;
      return;
    }
    Meet(value, uncounted);
  };
  objects_.ForEachAttribute(object, facts.slots, take);
}

void PythonWalk::Meet(PythonObject* object, bool uncounted) {
  if (!MayStep()) {
    ++contents_.left_out;
    return;
  }
  if (PythonText text; objects_.Read(object, text)) return Take(text.bytes(), &text, uncounted);
  const PythonTypeFacts& facts = types_.Of(object->type);
  switch (facts.kind) {
    case PythonKind::kNone:
    case PythonKind::kText:
      return;
    case PythonKind::kNumber:
      return TakeNumber(object);
    case PythonKind::kBytes:
      return Take({api_.PyBytes_AsString(object), static_cast<std::size_t>(api_.PyBytes_Size(object))},
                  nullptr, uncounted);
    case PythonKind::kByteArray:
      return Take(
          {api_.PyByteArray_AsString(object), static_cast<std::size_t>(api_.PyByteArray_Size(object))},
          nullptr, uncounted);
    case PythonKind::kOpaque:
    case PythonKind::kFunction:
    case PythonKind::kClass:
    case PythonKind::kWrappedFunction:
    case PythonKind::kContextVariable:
      return TakeOpaque(object);
    default:
      break;
  }
  const PythonOwners::Reach reach = owners_.Lead(object, root_.number, apart_);
  const bool mine = reach == PythonOwners::Reach::kFirst || reach == PythonOwners::Reach::kMine;
  if (!mine || object == root_.value) return;
  if (searching_ ? !met_.Name(object, 0) : reach == PythonOwners::Reach::kMine) return;
  waiting_.push_back({object, uncounted});
}

void PythonWalk::Take(std::string_view bytes, const PythonText* text, bool uncounted) {
  if (bytes.empty()) return;
  if ((text == nullptr || text->ascii) && LooksLikeTime(bytes)) return;
  const std::uint64_t mark = hash_.Of(bytes);
  const bool interned = text != nullptr && text->interned;
  if (!searching_) {
    const bool is_text = !interned && !root_.foreign && (text != nullptr || LooksLikeText(bytes));
    (is_text ? contents_.texts : contents_.rest) += mark;
    return;
  }
  if (interned || uncounted || bytes.size() < EventValues::kShortest) return;
  if (texts_->size() < kMostRemembered) texts_->push_back(mark);
  // What didn't fit into memory can't be told from what is new.
  if (event_ == nullptr || before_->size() >= kMostRemembered) return;
  if (std::binary_search(before_->begin(), before_->end(), mark)) return;
  event_->Find(text != nullptr ? text->Utf8(buffer_, kMostSearched) : bytes.substr(0, kMostSearched),
               *holds_);
}

void PythonWalk::TakeNumber(PythonObject* object) {
  constexpr std::uint64_t kHuge = 0x6875;
  if (object->type == api_.PyFloat_Type) {
    contents_.rest += hash_.Of(std::bit_cast<std::uint64_t>(api_.PyFloat_AsDouble(object)));
    return;
  }
  int overflow = 0;
  const std::int64_t number = api_.PyLong_AsLongLongAndOverflow(object, &overflow);
  contents_.rest += hash_.Of(overflow == 0 ? static_cast<std::uint64_t>(number) : kHuge);
}

void PythonWalk::TakeOpaque(const PythonObject* object) {
  contents_.rest += hash_.Of(reinterpret_cast<std::uintptr_t>(object) ^
                             reinterpret_cast<std::uintptr_t>(object->type) << 20);
}

// Whether it is made of one of the event's values: what hangs from it is a cache that is looked up by that.
bool PythonWalk::KeyIsOfEvent(PythonObject* key, int depth) {
  constexpr int kDeepest = 2;
  PythonText text;
  if (objects_.Read(key, text)) return event_->Holds(text.Utf8(buffer_, kMostSearched));
  if (key->type == api_.PyBytes_Type)
    return event_->Holds({api_.PyBytes_AsString(key), static_cast<std::size_t>(api_.PyBytes_Size(key))});
  if (key->type != api_.PyTuple_Type || depth >= kDeepest) return false;
  const std::intptr_t count = std::min<std::intptr_t>(api_.PyTuple_Size(key), 8);
  for (std::intptr_t i = 0; i < count; ++i)
    if (KeyIsOfEvent(api_.PyTuple_GetItem(key, i), depth + 1)) return true;
  return false;
}

}  // namespace cleanslate
