#pragma once

// What the user has decided to live with, in the sanitizers' form:
//
//   # the template cache is bounded by the number of templates
//   heap-growth:render_template
//   tmp-*:/tmp/cache/*                                  # kept on purpose: the next request reads it
//   connection-leak:tcp 10.0.0.7:5432 until=2026-12-31  # ORD-17: the pool is replaced this year
//   *:libvendor.so
//
// A line is `rule:glob [until=YYYY-MM-DD] [# reason]`; the first colon parts the rule from the glob.
//
// - rule: a name of the contract's table, or a glob over them.
// - glob: looked for in the finding's subject and in every frame's function, module and file, so a line may
//   name whoever opened, started or allocated it. As in the sanitizers it may match anywhere, `^` and `$` tie
//   it to the beginning and the end, `*` stands for any text and `?` for one character. It may hold blanks.
// - until: the last day, in UTC, on which the line silences something. A line whose day has passed is told of
//   and silences nothing.
// - reason: for people. It begins at the first `#` with a blank before it, so `/tmp/page#2` is a glob. For a
//   glob with such a `#`, or with a word that begins with `until=`, write `?` in place of the blank.
//
// Blank lines and lines that begin with `#` are skipped; blanks around each part are.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/finding.h"

namespace cleanslate {

struct Suppression {
  int line = 0;  // in the file, from 1
  std::string rule;
  std::string glob;
  std::string until;      // "2026-12-31"; empty: for good
  std::string reason;     // as it was written, without the `#`
  std::int64_t used = 0;  // findings that it kept out

  // "rule:glob": what reports call it.
  std::string Text() const { return rule + ":" + glob; }
};

struct SuppressionDiagnostic {
  int line = 0;
  std::string message;  // what is wrong and what to write instead; without the file's name
};

class Suppressions {
 public:
  // Never throws; a bad or expired line is left out and told of in `diagnostics`, if given. `today` is the
  // day in UTC.
  static Suppressions Parse(std::string_view text, std::chrono::sys_days today,
                            std::vector<SuppressionDiagnostic>* diagnostics = nullptr);

  // The line that matches, which counts it; null when none does. The first that matches wins. Valid until the
  // next call of a method that isn't const.
  const Suppression* Suppress(const Finding& finding);

  // Those in force, in the order of the file.
  const std::vector<Suppression>& All() const { return all_; }
  std::vector<Suppression> Unused() const;

 private:
  std::vector<Suppression> all_;
};

}  // namespace cleanslate
