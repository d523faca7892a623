#pragma once

// What the process looks like before and after each invocation, as the kernel and the C library tell it and
// without the library: a line of JSON for each, [before, after], in the file that WITNESS names last, as
// FILE:FUNCTION:NOTES. Without WITNESS it does nothing.
//
// The members are those of witness.py. `static` is C++'s own: which values of the last event stand in the
// program's static data.

#include <string>
#include <vector>

namespace corpus {

class Witness {
 public:
  Witness();

  // `values`: of the event that is about to be handled.
  void Before(const std::vector<std::string>& values);
  void After();

 private:
  std::string Picture() const;
  void Write(const std::string& text) const;

  std::string notes_;
  std::vector<std::string> values_;  // of the last event
};

}  // namespace corpus
