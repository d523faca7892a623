#include "analysis/environment_rules.h"

#include <map>
#include <utility>

#include "analysis/pattern.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

constexpr const char* kAnyName = "*";

Draft DraftOf(const EnvironmentVariable& variable, const Recurrence::Verdict& verdict) {
  Draft draft;
  draft.rule = kEnvironmentChanged;
  draft.severity = verdict.recurs() ? Severity::kWarning : Severity::kInfo;
  draft.stack = variable.stack;
  draft.subject = variable.name;
  draft.pattern = variable.name;
  draft.by = "set by";
  draft.noun = "variable";
  draft.unit = "changes";
  draft.count = 1;
  draft.growth = verdict.growth;
  draft.first_seen = verdict.first_seen;
  return draft;
}

const char* Said(EntryChange change) {
  switch (change) {
    case EntryChange::kAdded:
      return " is added";
    case EntryChange::kRemoved:
      return " is removed";
    case EntryChange::kChanged:
      break;
  }
  return " is left with another value";
}

}  // namespace

void EnvironmentRules::Observe(WindowNumber window, const std::vector<EnvironmentChange>& changes,
                               Drafts& drafts) {
  struct Names {
    std::int64_t count = 0;
    const EnvironmentVariable* example = nullptr;
  };
  std::map<std::string, Names> added;
  for (const auto& [variable, change] : changes) {
    const bool is_new =
        change == EntryChange::kAdded && seen_.size() < max_origins_ && seen_.insert(variable.name).second;
    if (is_new) {
      for (const std::string& origin : {PathPattern(variable.name), std::string(kAnyName)}) {
        Names& names = added[origin];
        ++names.count;
        names.example = &variable;
      }
    }
    Draft draft = DraftOf(variable, values_.Observe(window, variable.name));
    draft.fact = "environment variable " + variable.name + Said(change);
    drafts.push_back(std::move(draft));
  }
  bool accounted_for = false;
  // "*" comes before all letters, but must come last: it speaks where no pattern does.
  for (auto at = added.rbegin(); at != added.rend(); ++at) {
    const auto& [origin, names] = *at;
    if (origin == names.example->name) continue;
    const Recurrence::Verdict verdict = names_.Observe(window, origin, names.count);
    if (!verdict.recurs() || (origin == kAnyName && accounted_for)) continue;
    accounted_for = true;
    Draft draft = DraftOf(*names.example, verdict);
    draft.subject = origin;
    draft.pattern = origin;
    draft.count = verdict.times;
    draft.fact = std::to_string(verdict.times) + " environment variables " +
                 (origin == kAnyName ? "of other names" : origin) + " are left behind";
    drafts.push_back(std::move(draft));
  }
}

}  // namespace cleanslate
