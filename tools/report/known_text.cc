#include "report/known_text.h"

#include <algorithm>
#include <vector>

#include "report/nearest_name.h"
#include "report/safe_text.h"

namespace cleanslate {
namespace {

constexpr std::size_t kPageWidth = 80;

// "heap-retained, with EVP_*_fetch of libcrypto* in its stack"
std::string Sentence(const KnownMark& mark) {
  std::string text(mark.rule);
  if (!mark.subject.empty()) text.append(": ").append(mark.subject);
  if (mark.function.empty() && mark.module.empty()) return text;
  text += ", with ";
  text += mark.function.empty() ? "a frame" : mark.function;
  if (!mark.module.empty()) text.append(" of ").append(mark.module);
  return text + " in its stack";
}

}  // namespace

std::string KnownTable() {
  std::size_t widest = 0;
  for (const KnownSurvivor& known : KnownSurvivors()) widest = std::max(widest, known.name.size());
  std::string table;
  for (const KnownSurvivor& known : KnownSurvivors()) {
    table.append(known.name).append(widest - known.name.size() + 2, ' ').append(known.summary) += '\n';
  }
  return table;
}

std::string KnownPage(const KnownSurvivor& known) {
  std::string page = std::string(known.name) + "\n" + Folded(known.summary, "  ", kPageWidth);
  page += "\nWhy it is harmless\n" + Folded(known.why, "  ", kPageWidth);
  page += "\nHow it is recognised\n";
  for (const KnownMark& mark : known.marks) page += Folded(Sentence(mark), "  ", kPageWidth);
  page += "\nWhat becomes of it\n";
  page += Folded(
      known.most == Severity::kInfo
          ? "It is counted as `known` in the report, and is no finding. Should it become a warning, because "
            "it recurs or grows, it is told like any other."
          : "It is counted as `known` in the report, and is no finding, also when it recurs.",
      "  ", kPageWidth);
  return page;
}

std::string_view NearestKnown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const KnownSurvivor& known : KnownSurvivors()) names.push_back(known.name);
  return NearestName(name, names);
}

}  // namespace cleanslate
