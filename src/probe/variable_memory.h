#pragma once

// What is known of each variable from the look before, and what differs from that. A look may see some of
// them only: what it does not see stays as it was.
//
// COLD; one thread. Bounded by `most` variables, of about 250 bytes; further ones are left out and counted.

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "probe/variable.h"

namespace cleanslate {

class VariableMemory {
 public:
  explicit VariableMemory(std::size_t most = 8192) : most_(most) {}

  // A look at the end of `window`. `seen`: those that were looked at, each name once. `gone`: those that were
  // looked for and are not there. Appends what has changed.
  void Note(WindowNumber window, const std::vector<Variable>& seen, const std::vector<std::string>& gone,
            std::vector<VariableUpdate>& changed);

  std::size_t size() const { return known_.size(); }
  std::int64_t left_out() const { return left_out_; }

 private:
  struct Known {
    Variable variable;
    WindowNumber looked = 0;
  };

  std::unordered_map<std::string, Known> known_;
  std::size_t most_;
  std::int64_t left_out_ = 0;
};

}  // namespace cleanslate
