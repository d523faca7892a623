#pragma once

// static-data-changed: a static variable of native code that is left with another text in window after
// window.
//
// Counters, addresses, times, seeds and tables change in clean functions too; a text that a request left, the
// next one can read. So only text is evidence, and only where it recurs (recurrence.h). A number looks like a
// word now and then, but the same bytes are no text most of the time: a text counts where at least half of
// the changes of each eight bytes that it lies in, in all windows, were text. Everything else is told at
// most, in one draft a module.

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "analysis/data_name.h"
#include "analysis/draft.h"
#include "analysis/recurrence.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class StaticRules {
 public:
  // `tell_changes`: also say, as info, how many variables of a module changed.
  StaticRules(bool tell_changes, std::size_t max_origins)
      : tell_changes_(tell_changes), max_words_(8 * max_origins), texts_(max_origins) {}

  // Once a window, in order. Names only what holds text, and all else where changes are told.
  void Observe(WindowNumber window, const StaticSnapshot& now, const DataNamer& name, Drafts& drafts);

  std::int64_t forgotten() const { return forgotten_ + texts_.forgotten(); }

 private:
  // Four bytes of memory, and in how many windows they changed.
  struct Word {
    std::int64_t as_text = 0;
    std::int64_t as_other = 0;
  };
  template <typename Visitor>
  bool ForEachWord(const StaticRange& range, std::size_t most_words, Visitor visit);

  void NoteWords(const StaticSnapshot& now);
  bool IsText(const StaticRange& range);
  std::string Origin(const StaticRange& range, const DataName& name) const;
  void TellChanges(WindowNumber window, const StaticSnapshot& now, const DataNamer& name,
                   Drafts& drafts) const;

  bool tell_changes_;
  std::size_t max_words_;                                                           // of about 50 bytes each
  std::unordered_map<std::string, std::unordered_map<std::uint64_t, Word>> words_;  // by file, then place
  std::size_t word_count_ = 0;
  Recurrence texts_;  // by variable
  std::int64_t forgotten_ = 0;
};

}  // namespace cleanslate
