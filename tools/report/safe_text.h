#pragma once

// Text from elsewhere on a terminal: no byte of it moves the cursor, changes colours, reorders or hides what
// is around it, and columns stay columns.

#include <cstddef>
#include <string>
#include <string_view>

namespace cleanslate {

// Control characters (C0, DEL, C1), line and paragraph separators, invisible and direction-changing
// characters and bytes that are not UTF-8, each as \xNN or \u{NNNN}; all else as it is.
std::string Visible(std::string_view text);

// Columns of text that Visible returned: 2 for East Asian wide characters and emoji, 0 for combining marks.
std::size_t Columns(std::string_view text);

// At most `columns` of it; the middle goes, and an ellipsis takes its place.
std::string Cut(std::string_view text, std::size_t columns);

// A path, a function, a subject: visible, and no longer than a name may be in a sentence (160 columns).
std::string Name(std::string_view text);

// Lines of at most `width` columns, folded between words, each with `indent` before it and a newline behind
// it. A word that is longer has a line to itself.
std::string Folded(std::string_view text, std::string_view indent, std::size_t width);

}  // namespace cleanslate
