#pragma once

// Which variable each object is charged to, in one look: the one that names it, else the first that leads to
// it. Objects are compared by where they are, under the interpreter's lock, and never touched.
//
// COLD. 16 bytes an object, twice as many places as objects.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cleanslate {

class PythonOwners {
 public:
  enum class Reach : std::uint8_t {
    kFirst,   // nobody had it
    kMine,    // this variable has it already
    kOthers,  // another one led to it before
    kNamed,   // it is another variable's own value
  };

  void Clear();
  // The object is what this variable names. False: another one named it before.
  bool Name(const void* object, std::uint32_t variable);
  void Rename(const void* object, std::uint32_t variable) { *OwnerAt(object) = variable | kNamedBit; }
  std::uint32_t NamedBy(const void* object) { return *OwnerAt(object) & ~kNamedBit; }
  // The variable leads to the object. `take`: also where another led to it.
  Reach Lead(const void* object, std::uint32_t variable, bool take);

  std::size_t size() const { return used_; }

 private:
  static constexpr std::uint32_t kNamedBit = 1u << 31;
  static constexpr std::uint32_t kNobody = ~0u;

  struct Place {
    const void* object;
    std::uint32_t owner;
  };
  std::uint32_t* OwnerAt(const void* object);

  std::vector<Place> places_;
  std::size_t used_ = 0;
};

}  // namespace cleanslate
