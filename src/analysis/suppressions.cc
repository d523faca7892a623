#include "analysis/suppressions.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "analysis/glob.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";
constexpr std::string_view kUntil = "until=";

std::string_view WithoutBlanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool NamesARule(std::string_view glob) {
  return std::any_of(kRuleNames.begin(), kRuleNames.end(),
                     [glob](std::string_view rule) { return GlobMatchesWhole(glob, rule); });
}

// Takes the reason off the line's end.
std::string TakeReason(std::string_view& text) {
  for (std::size_t at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(text[at - 1]) == std::string_view::npos) continue;
    std::string reason(WithoutBlanks(text.substr(at + 1)));
    text = WithoutBlanks(text.substr(0, at));
    return reason;
  }
  return {};
}

// Where a word begins with "until=", which the glob is not a part of; npos when none does.
std::size_t FindUntil(std::string_view text) {
  for (std::size_t at = text.find(kUntil); at != std::string_view::npos; at = text.find(kUntil, at + 1))
    if (at == 0 || kBlanks.find(text[at - 1]) != std::string_view::npos) return at;
  return std::string_view::npos;
}

std::optional<std::chrono::sys_days> ParseDate(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd";
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t at, std::size_t digits) {
    int value = 0;
    for (const char digit : text.substr(at, digits)) value = value * 10 + (digit - '0');
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// Takes the date off the end of what follows the colon. What is wrong with it; empty when nothing is.
std::string TakeUntil(std::string_view& text, Suppression& suppression,
                      std::optional<std::chrono::sys_days>& last_day) {
  const std::size_t at = FindUntil(text);
  if (at == std::string_view::npos) return {};
  const std::string_view word = text.substr(at);
  const std::size_t end = word.find_first_of(kBlanks);
  if (end != std::string_view::npos)
    return "'" + std::string(WithoutBlanks(word.substr(end))) +
           "' follows the date: a reason begins with ` # `, and " + std::string(kUntil) +
           "DATE is the last before it";
  suppression.until = word.substr(kUntil.size());
  last_day = ParseDate(suppression.until);
  if (!last_day)
    return "'" + suppression.until + "' is not a date: write until=YYYY-MM-DD, for example until=2026-12-31";
  text = WithoutBlanks(text.substr(0, at));
  return {};
}

// What is wrong with the line; empty when nothing is.
std::string ParseLine(std::string_view text, std::chrono::sys_days today, Suppression& suppression) {
  suppression.reason = TakeReason(text);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos)
    return "no colon in '" + std::string(text) + "': write rule:glob, for example tmp-growth:/tmp/cache/*";
  suppression.rule = WithoutBlanks(text.substr(0, colon));
  std::string_view rest = WithoutBlanks(text.substr(colon + 1));
  std::optional<std::chrono::sys_days> last_day;
  if (std::string wrong = TakeUntil(rest, suppression, last_day); !wrong.empty()) return wrong;
  suppression.glob = rest;
  if (suppression.rule.empty()) return "no rule before the colon: write a rule's name, or * for all";
  if (suppression.glob.empty())
    return "nothing after '" + suppression.rule + ":': write what to match, or * for everything";
  if (!NamesARule(suppression.rule))
    return "unknown rule '" + suppression.rule + "': `cleanslate explain` lists the rules";
  if (last_day && *last_day < today)
    return "expired on " + suppression.until + ": " + suppression.Text() + " no longer silences";
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

Suppressions Suppressions::Parse(std::string_view text, std::chrono::sys_days today,
                                 std::vector<SuppressionDiagnostic>* diagnostics) {
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
    std::string wrong = ParseLine(line, today, suppression);
    if (wrong.empty())
      parsed.all_.push_back(std::move(suppression));
    else if (diagnostics != nullptr)
      diagnostics->push_back({number, std::move(wrong)});
  }
  return parsed;
}

const Suppression* Suppressions::Suppress(const Finding& finding) {
  for (Suppression& suppression : all_) {
    if (!Matches(suppression, finding)) continue;
    ++suppression.used;
    return &suppression;
  }
  return nullptr;
}

std::vector<Suppression> Suppressions::Unused() const {
  std::vector<Suppression> unused;
  std::copy_if(all_.begin(), all_.end(), std::back_inserter(unused),
               [](const Suppression& suppression) { return suppression.used == 0; });
  return unused;
}

}  // namespace cleanslate
