#include "analysis/suppressions.h"

#include <algorithm>

#include "analysis/glob.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

std::string_view WithoutBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\f\v";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool NamesARule(std::string_view glob) {
  return std::any_of(kRuleNames.begin(), kRuleNames.end(),
                     [glob](std::string_view rule) { return GlobMatchesWhole(glob, rule); });
}

// What is wrong with the line; empty when nothing is.
std::string ParseLine(std::string_view text, Suppression& suppression) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return "no colon in '" + std::string(text) + "': write rule:glob, for example tmp-growth:/tmp/cache/*";
  suppression.rule = WithoutBlanks(text.substr(0, colon));
  suppression.glob = WithoutBlanks(text.substr(colon + 1));
  if (suppression.rule.empty()) return "no rule before the colon: write a rule's name, or * for all";
  if (suppression.glob.empty())
    return "nothing after '" + suppression.rule + ":': write what to match, or * for everything";
  if (!NamesARule(suppression.rule))
    return "unknown rule '" + suppression.rule + "': `cleanslate explain` lists the rules";
  return {};
}

bool Matches(const Suppression& suppression, const Finding& finding) {
  if (!GlobMatchesWhole(suppression.rule, finding.rule)) return false;
  if (GlobMatches(suppression.glob, finding.subject)) return true;
  return std::any_of(finding.where.begin(), finding.where.end(), [&suppression](const Frame& frame) {
    const auto hit = [&suppression](const std::string& name) {
      return !name.empty() && GlobMatches(suppression.glob, name);
    };
    return hit(frame.function) || hit(frame.module) || hit(frame.file);
  });
}

}  // namespace

Suppressions Suppressions::Parse(std::string_view text, std::vector<SuppressionDiagnostic>* diagnostics) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Suppressions parsed;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = WithoutBlanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Suppression suppression;
    suppression.line = number;
    std::string wrong = ParseLine(line, suppression);
    if (wrong.empty())
      parsed.all_.push_back(std::move(suppression));
    else if (diagnostics != nullptr)
      diagnostics->push_back({number, std::move(wrong)});
  }
  return parsed;
}

bool Suppressions::Suppress(const Finding& finding) {
  for (Suppression& suppression : all_) {
    if (!Matches(suppression, finding)) continue;
    ++suppression.used;
    return true;
  }
  return false;
}

std::vector<Suppression> Suppressions::Unused() const {
  std::vector<Suppression> unused;
  std::copy_if(all_.begin(), all_.end(), std::back_inserter(unused),
               [](const Suppression& suppression) { return suppression.used == 0; });
  return unused;
}

}  // namespace cleanslate
