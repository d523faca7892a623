#pragma once

// Which of the blocks that stay are held, and which only wait for the garbage collector. As the collector
// does it, but looking only: from the objects outwards, each reference that comes from within is counted;
// what has more references than these is held from elsewhere, and so is what it leads to. "Within" are the
// objects that the collector has not yet looked at often: garbage of the last windows is among them. Nothing
// is changed, no reference is taken, no code of the program's runs.
//
// A cache that has an end - functools.lru_cache(maxsize=...), deque(maxlen=...), re's - doesn't hold what is
// in it, as far as a module names it: it gives that up by itself.
//
// COLD; with the interpreter's lock. Bounded by kMostObjects and kMostReferences; beyond them nothing is
// known. 5 to 20 ms.

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "probe/python/careful_reader.h"
#include "probe/python/objects.h"

namespace cleanslate {

class PythonReachability {
 public:
  static constexpr std::size_t kMostObjects = 80'000;
  static constexpr std::size_t kMostReferences = 1'000'000;

  enum class Verdict : std::uint8_t {
    kNoObject,  // other memory, or an object that its type keeps for the next one's birth
    kHeld,
    kHeldAtAnyPlace,  // held; but its type keeps freed ones, so that it may have come to life somewhere else
    kGarbage,
  };

  explicit PythonReachability(const PythonApi& api);

  // Adds a block of Python's allocator, of `bytes` bytes.
  void Add(std::uintptr_t block, std::size_t bytes);
  // False: there are too many.
  bool Find();
  Verdict Of(std::uintptr_t block) const;

 private:
  struct Node {
    PythonObject* object = nullptr;
    std::int64_t from_within = 0;
    bool sure = false;     // something leads to it: that it is an object is no guess
    bool young = false;    // it is among those within
    bool bounded = false;  // it gives up what it has for something new: that isn't held by it
    bool followed = false;
    bool held = false;
  };

  PythonObject* ObjectIn(std::uintptr_t block, std::size_t bytes);
  bool IsType(std::uintptr_t address);
  bool IsCollected(const PythonObject* object) const;
  bool MayFollow(const Node& node) const;
  template <typename Visit>
  void ForEachReferent(PythonObject* object, Visit visit);
  bool Follow();
  void FindHeld();
  bool FollowCode();
  void Count(PythonObject* object);
  static bool IsTracked(const PythonObject* object);
  bool IsLinked(const PythonObject* object);
  std::int64_t ReferencesOf(const PythonObject* object) const;
  bool HasPlausibleCount(const PythonObject* object) const;
  bool IsReused(const PythonObject* object) const;
  bool IsToGarbage(const PythonObject* object) const;
  void NoteModules();
  void NoteBounded(PythonObject* object);
  void AddBounded(PythonObject* object);
  void AddYoung();
  std::uintptr_t AddList(std::uintptr_t end, std::uintptr_t last, std::size_t most);
  std::uint32_t NodeOf(PythonObject* object);
  std::uint32_t* PlaceOf(const PythonObject* object);
  const Node* Known(const PythonObject* object) const;
  void MakeSure(std::uint32_t number);

  const PythonApi& api_;
  PythonObjects objects_;
  CarefulReader reader_;
  std::unordered_map<std::uintptr_t, bool> types_;  // by address: whether there is a type
  std::unordered_set<const PythonObject*> fences_;  // dictionaries of modules
  std::unordered_map<std::uintptr_t, PythonObject*> blocks_;
  std::vector<std::uint32_t> places_;  // numbers of nodes, by the object's address; at most half full
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> sure_;  // in the order in which they became so
  std::size_t next_ = 0;             // of these
  std::size_t references_ = 0;
};

}  // namespace cleanslate
