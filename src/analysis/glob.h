#pragma once

// The pattern matching of the sanitizers' suppressions. `*` stands for any text, `?` for one character, a
// leading `^` and a trailing `$` tie the pattern to the text's beginning and end; without them it may match
// anywhere in the text. Linear in pattern times text, whatever the pattern.

#include <string_view>

namespace cleanslate {

bool GlobMatches(std::string_view glob, std::string_view text);

// The same tied at both ends.
bool GlobMatchesWhole(std::string_view glob, std::string_view text);

}  // namespace cleanslate
