#include "report/fail_on.h"

#include <algorithm>
#include <string>

#include "report/rules_text.h"
#include "report/safe_text.h"

namespace cleanslate {
namespace {

std::string_view TrimmedName(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string Unknown(std::string_view name) {
  std::string message = "--fail-on: ";
  message += name.empty() ? "a name is missing" : "`" + Visible(name) + "` is neither a severity nor a rule";
  const std::string_view nearest = NearestRule(name);
  if (!nearest.empty()) message += " (is it " + std::string(nearest) + "?)";
  message += "; valid are info, warning, critical";
  for (const RuleText& rule : RuleTexts()) message.append(", ").append(rule.name);
  return message;
}

}  // namespace

bool FailOn::Matches(const Finding& finding, Severity worst) const {
  return (severity.has_value() && worst >= *severity) || rules.contains(finding.rule);
}

bool FailOn::Matches(const Summary& summary) const {
  return std::any_of(summary.findings.begin(), summary.findings.end(), [this](const FindingSummary& finding) {
    return Matches(finding.latest, finding.severity);
  });
}

absl::StatusOr<FailOn> ParseFailOn(std::string_view text) {
  FailOn fail_on;
  if (TrimmedName(text).empty()) return fail_on;
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view name = TrimmedName(text.substr(0, comma));
    Severity severity;
    if (Parse(name, severity)) {
      fail_on.severity = std::min(severity, fail_on.severity.value_or(severity));
    } else if (FindRule(name) != nullptr) {
      fail_on.rules.insert(std::string(name));
    } else {
      return absl::InvalidArgumentError(Unknown(name));
    }
    if (comma == std::string_view::npos) return fail_on;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace cleanslate
