#pragma once

// The catalogue of known harmless survivors: what runtimes, SDKs and the C library keep for themselves, so
// that nobody has to suppress it by hand in every function. What an entry explains is no finding, but it is
// counted under the entry's name, and `cleanslate explain NAME` says what it is.
//
// An entry may never hide a leak, so the catalogue keeps to these rules:
// - It explains what is bounded by nature, and nothing of a value to anybody. Credentials in the environment
//   are not in it: a role assumed for one request looks exactly like what a runtime renews.
// - What drifts is not explained. Without `most`, an entry explains what is told for information only; one
//   that explains a warning says in its prose why the repetition has an end. No entry explains what is
//   critical, nor a rule about growing memory, descriptors or files.
// - A frame counts only where nothing between it and the allocation is the user's: what a library calls back
//   to is the user's again. What a library hands out (an SSL_CTX, an addrinfo) isn't its own state.
// - What can't be told from the user's own is left out. An interpreter's objects all come through the same
//   frames, so Python's or Node's internal caches are known by the names of variables only.

#include <span>
#include <string_view>

#include "analysis/finding.h"
#include "analysis/frame.h"

namespace cleanslate {

// One way to recognise a survivor: all members that are given must match. Globs as GlobMatchesWhole has them.
struct KnownMark {
  std::string_view rule;           // a glob over the rules
  std::string_view subject = {};   // of the finding
  std::string_view function = {};  // of one frame, see PlainFunction, ...
  std::string_view module = {};    // ... and its module, see PlainModule
};

struct KnownSurvivor {
  std::string_view name;  // stable: it stands in reports
  std::string_view summary;
  std::string_view why;  // why it is harmless, and what bounds it
  std::span<const KnownMark> marks;
  Severity most = Severity::kInfo;  // a finding worse than this is told in any case
};

std::span<const KnownSurvivor> KnownSurvivors();

const KnownSurvivor* FindKnownSurvivor(std::string_view name);  // null when there is none

// The entry that explains a finding; null when none does.
const KnownSurvivor* Explain(std::string_view rule, Severity severity, std::string_view subject,
                             const Frames& where);

}  // namespace cleanslate
