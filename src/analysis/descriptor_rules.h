#pragma once

// descriptor-leak and connection-leak: descriptors of one origin of which more and more are open.
//
// Each descriptor belongs to two origins: where it leads (see DescriptorPattern), and the call stack that
// made it. The first tells two files apart that one line of an interpreter opens; the second sees through a
// service that answers from another address every time. The stack is reported only where no target accounts
// for its growth.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analysis/draft.h"
#include "analysis/history.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class DescriptorRules {
 public:
  explicit DescriptorRules(std::size_t max_origins) : history_(max_origins) {}

  void Observe(WindowNumber window, const DescriptorSnapshot& now, const std::vector<Descriptor>& survivors,
               Drafts& drafts);

  std::int64_t forgotten() const { return history_.forgotten(); }

 private:
  // One origin in one window.
  struct Group {
    bool by_stack = false;
    std::vector<const Descriptor*> open;
    std::vector<const Descriptor*> born;  // the window's survivors
  };
  using Groups = std::map<std::string, Group>;

  void Follow(WindowNumber window, const Groups& groups);

  History<std::string> history_;
};

}  // namespace cleanslate
