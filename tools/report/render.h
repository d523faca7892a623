#pragma once

// A summary for people, and for programs. Pure: same summary, same bytes.

#include <string>

#include "report/aggregate.h"

namespace cleanslate {

struct TextStyle {
  bool color = false;
  int width = 100;  // columns; longer lines are folded between words
};

// For a terminal. Names come out of the function and its logs: control bytes, terminal sequences and what is
// not UTF-8 are shown in the form \x1b, so that a name can't move the cursor or forge a line.
std::string RenderText(const Summary& summary, const TextStyle& style = {});

// The contract's object of `--format json`, on indented lines, with a newline at its end.
std::string RenderJson(const Summary& summary);

}  // namespace cleanslate
