#pragma once

// The environment variables, by name. Of a value only a mark is kept: a keyed hash (SipHash-1-3) under a key
// that is drawn once and never leaves the process, so that nothing can be computed back from a snapshot.
//
// Another thread may change the environment meanwhile (setenv(3) is not thread-safe, and putenv(3)'s texts
// are the caller's), so it is read through the kernel: see own_memory.h. COLD; one thread at a time.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "record/birth.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class EnvironmentTaker {
 public:
  static constexpr std::size_t kMostVariables = 4096;
  static constexpr std::size_t kMostValueBytes = std::size_t{128} << 10;  // of one; what is beyond isn't seen

  // `birth` is asked with a name, and may be empty.
  explicit EnvironmentTaker(std::function<Birth(std::string_view)> birth);

  EnvironmentSnapshot Take() const;
  // The same of any null-terminated array of "NAME=value".
  EnvironmentSnapshot Take(const char* const* environment) const;

 private:
  std::function<Birth(std::string_view)> birth_;
  std::uint64_t key_[2];
};

}  // namespace cleanslate
