#include "analysis/glob.h"

#include <cstddef>
#include <string>

namespace cleanslate {

bool GlobMatchesWhole(std::string_view glob, std::string_view text) {
  // Only the last `*` need be tried again: what an earlier one took is the shortest that let us come this
  // far.
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  std::size_t g = 0, t = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      retry = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool GlobMatches(std::string_view glob, std::string_view text) {
  std::string whole;
  if (glob.starts_with('^'))
    glob.remove_prefix(1);
  else
    whole += '*';
  const bool to_the_end = glob.ends_with('$');
  if (to_the_end) glob.remove_suffix(1);
  whole += glob;
  if (!to_the_end) whole += '*';
  return GlobMatchesWhole(whole, text);
}

}  // namespace cleanslate
