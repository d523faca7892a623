#pragma once

// What the user has decided to live with, in the sanitizers' form:
//
//   # the template cache is bounded by the number of templates
//   heap-growth:render_template
//   tmp-*:/tmp/cache/*
//   *:libvendor.so
//
// A line is `rule:glob`. The rule is a name of the contract's table, or a glob over them. The glob is looked
// for in the finding's subject and in every frame's function, module and file; as in the sanitizers it may
// match anywhere, `^` and `$` tie it to the beginning and the end, `*` stands for any text and `?` for one
// character. Blank lines and lines that begin with `#` are skipped; blanks around a line are.

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
  std::int64_t used = 0;  // findings that it kept out
};

struct SuppressionDiagnostic {
  int line = 0;
  std::string message;  // what is wrong and what to write instead; without the file's name
};

class Suppressions {
 public:
  // Never throws; a bad line is left out and told of in `diagnostics`, if given.
  static Suppressions Parse(std::string_view text, std::vector<SuppressionDiagnostic>* diagnostics = nullptr);

  // Whether a line matches; that line counts it. The first that matches wins.
  bool Suppress(const Finding& finding);

  const std::vector<Suppression>& All() const { return all_; }
  std::vector<Suppression> Unused() const;

 private:
  std::vector<Suppression> all_;
};

}  // namespace cleanslate
