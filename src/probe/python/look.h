#pragma once

// One look at the interpreter, from the moment that its lock is held to the moment before it is given back:
// which variables there are, what differs in each from its look before, and what of the event is in those.
//
// Where all fits into one look, an object is charged to one variable. A program that doesn't fit is looked at
// in turn, each look where the one before stopped; then a variable is charged with all that it leads to but
// for what another one names, so that it doesn't depend on which others a look reaches.
//
// COLD. Run with the lock; everything else without it. Bounded: PythonNames::kMost variables, and
// kMostRemembered marks of texts, of 8 bytes.

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "probe/event_values.h"
#include "probe/keyed_hash.h"
#include "probe/python/modules.h"
#include "probe/python/names.h"
#include "probe/python/objects.h"
#include "probe/python/owners.h"
#include "probe/python/registries.h"
#include "probe/python/sources.h"
#include "probe/python/types.h"
#include "probe/python/walk.h"
#include "probe/variable.h"

namespace cleanslate {

class PythonLook {
 public:
  using Clock = std::chrono::steady_clock;

  PythonLook(const PythonApi& api, std::string task_root);
  PythonLook(const PythonLook&) = delete;
  PythonLook& operator=(const PythonLook&) = delete;

  // Fills what the functions below tell. `why` when the interpreter turns out to be one that isn't known.
  void Run(const EventValues* event, Clock::time_point deadline, std::string& why);

  const std::vector<Variable>& seen() const { return seen_; }
  const std::vector<std::string>& gone() const { return gone_; }
  std::int64_t watched() const { return watched_; }
  std::int64_t left_out() const { return left_out_; }
  std::int64_t interpreters() const { return interpreters_; }

  // Where a variable that has changed in this look stands; null: nothing is known.
  const PythonPlaced* PlaceOf(const std::string& name);
  void Forget(const std::string& name) { places_.erase(name); }

 private:
  static constexpr std::size_t kMostSteps = 200'000;  // of one look
  static constexpr std::size_t kMostRemembered = 262'144;

  struct Remembered {
    std::int64_t entries = -1;
    std::uint64_t texts = 0, rest = 0, object = 0;
    std::vector<std::uint64_t> marks;  // of texts, sorted
    std::uint32_t listed = 0;          // the look that listed it last
  };
  struct Place {
    PythonPlaceKind kind;
    std::string file, name, scope;
    int line;
  };

  void LearnTypes();
  void Measure(const PythonVariable& variable, const EventValues* event);
  void MeasureAll(const EventValues* event);
  void FindGone();
  std::int64_t CountInterpreters() const;

  const PythonApi& api_;
  KeyedHash hash_;
  PythonObjects objects_;
  PythonTypes types_;
  PythonOwners owners_;
  PythonModules modules_;
  PythonSources sources_;
  PythonWalk walk_;
  PythonNames names_;
  PythonRegistries registries_;

  std::vector<Variable> seen_;
  std::vector<std::string> gone_;
  std::unordered_map<std::string, Remembered> remembered_;
  std::unordered_map<std::string, Place> places_;  // of what has changed
  std::size_t marks_ = 0;                          // remembered, of all variables
  std::uint32_t look_ = 0;
  bool checked_ = false, known_ = false;
  bool apart_ = false;    // variables are looked at in turn
  int cut_in_a_row_ = 0;  // looks
  std::string next_;      // the variable that a look begins with
  std::int64_t watched_ = 0, left_out_ = 0, interpreters_ = 0;
};

}  // namespace cleanslate
