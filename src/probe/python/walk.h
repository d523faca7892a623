#pragma once

// What one variable leads to: how many entries, the marks of its texts and of the rest, and which values of
// the event stand in it. Goes through built-in containers, those derived from them, and instances of classes
// written in Python; calls no method of a class, makes no object and keeps none.
//
// Texts that count for nothing: times; keys, and what hangs from a key that one of the event's values is part
// of, since a cache is looked up by it; what a functools cache holds; names and constants of the program
// (interned texts); and what the variable held before.
//
// COLD; with the interpreter's lock. One walk is bounded by `kMostSteps`; of a container that doesn't fit,
// the first elements and the last ones are looked at.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "probe/event_values.h"
#include "probe/keyed_hash.h"
#include "probe/python/objects.h"
#include "probe/python/owners.h"
#include "probe/python/types.h"
#include "probe/variable.h"

namespace cleanslate {

struct PythonContents {
  std::int64_t size = 0;  // of the variable alone
  std::int64_t entries = 0;
  std::uint64_t texts = 0, rest = 0, object = 0;
  std::int64_t left_out = 0;  // elements
};

// A variable to be walked.
struct PythonRoot {
  PythonObject* value = nullptr;
  std::uint32_t number = 0;       // of the variable
  bool shallow = false;           // its attributes are variables of their own
  bool foreign = false;           // somebody else's object: its texts change as that code wants
  bool attributes_count = false;  // it has so many of them that they are entries
  bool registry = false;          // only how much is registered
};

class PythonWalk {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMostSteps = 20'000;
  static constexpr std::size_t kMostForeignSteps = 1'500;
  static constexpr std::size_t kMostSearched = std::size_t{1} << 20;  // characters of one text

  PythonWalk(const PythonApi& api, const PythonObjects& objects, PythonTypes& types, PythonOwners& owners,
             const KeyedHash& hash)
      : api_(api), objects_(objects), types_(types), owners_(owners), hash_(hash) {}

  // A look begins. `apart`: each variable is charged with all that it leads to, whoever led to it before, so
  // that a look that sees some of the variables charges as one that sees others.
  void Begin(Clock::time_point deadline, bool apart) {
    deadline_ = deadline;
    apart_ = apart;
    steps_ = 0;
    spent_ = false;
  }
  bool Spent() {
    if (!spent_) spent_ = Clock::now() >= deadline_;
    return spent_;
  }
  std::size_t steps() const { return steps_; }  // of the look

  PythonContents Measure(const PythonRoot& root);

  // What of the event is in it, and the marks of its texts, sorted, for the next time. After Measure.
  void Search(const PythonRoot& root, const EventValues* event, const std::vector<std::uint64_t>& before,
              std::vector<HeldValue>& holds, std::vector<std::uint64_t>& texts);

 private:
  struct Item {
    PythonObject* object;
    bool uncounted;  // its texts count for nothing
  };
  struct Range {
    std::size_t head, tail;  // of how many elements
  };

  void Walk(const PythonRoot& root);
  void Expand(PythonObject* object, bool uncounted);
  void ExpandDict(PythonObject* dict, bool uncounted);
  void ExpandAttributes(PythonObject* object, const PythonTypeFacts& facts, bool uncounted);
  void ExpandCache(PythonObject* cache);
  void Meet(PythonObject* object, bool uncounted);
  void Take(std::string_view bytes, const PythonText* text, bool uncounted);
  void TakeNumber(PythonObject* object);
  void TakeOpaque(const PythonObject* object);
  bool KeyIsOfEvent(PythonObject* key, int depth);
  Range Fitting(std::intptr_t count);
  bool MayStep();

  const PythonApi& api_;
  const PythonObjects& objects_;
  PythonTypes& types_;
  PythonOwners& owners_;
  const KeyedHash& hash_;
  Clock::time_point deadline_;
  bool apart_ = false;
  bool spent_ = false;
  std::size_t steps_ = 0;

  // Of one walk.
  PythonRoot root_;
  PythonContents contents_;
  std::size_t walked_ = 0, most_ = 0;
  std::vector<Item> waiting_;
  bool searching_ = false;
  PythonOwners met_;  // of a search
  const EventValues* event_ = nullptr;
  const std::vector<std::uint64_t>* before_ = nullptr;
  std::vector<HeldValue>* holds_ = nullptr;
  std::vector<std::uint64_t>* texts_ = nullptr;
  std::string buffer_;
};

// Whether people could read at least half of it. Buffers of zeros, samples and pictures are numbers.
bool LooksLikeText(std::string_view bytes);

// Whether it is a date, a time of the day or seconds since an epoch, written as text.
bool LooksLikeTime(std::string_view text);

}  // namespace cleanslate
