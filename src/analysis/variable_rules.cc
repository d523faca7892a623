#include "analysis/variable_rules.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/message.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

// More places than caches have that are meant to stay small.
constexpr std::int64_t kEvictingRises = 1024;
// More routes, tenants and kinds of errors than come up one after another.
constexpr std::int64_t kCountingRises = 32;

std::int64_t RisesToBelieve(VariableBound bound) {
  switch (bound) {
    case VariableBound::kNone:
      return 0;
    case VariableBound::kCounts:
      return kCountingRises;
    case VariableBound::kEvicts:
      return kEvictingRises;
    case VariableBound::kFixed:
      break;
  }
  return INT64_MAX;
}

std::string Described(const Variable& variable) {
  return (variable.kind.empty() ? std::string() : variable.kind + " ") + variable.name;
}

Draft DraftOf(std::string_view rule, const VariableUpdate& update, const Growth& growth) {
  Draft draft;
  draft.rule = rule;
  draft.severity = Severity::kWarning;
  draft.subject = update.now.name;
  draft.pattern = update.now.name;
  draft.noun = "entry";
  draft.unit = "entries";
  draft.count = update.now.entries;
  draft.growth = growth;
  draft.file = update.now.file;
  draft.line = update.now.line;
  return draft;
}

// "event.token, event.user.id and 3 more values of the event"
std::string Listed(const std::vector<std::string_view>& fields) {
  constexpr std::size_t kMostListed = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(fields.size(), kMostListed); ++i)
    text.append(i == 0 ? "" : ", ").append(fields[i]);
  const std::size_t more = fields.size() - std::min(fields.size(), kMostListed);
  if (more > 0)
    text += " and " + std::to_string(more) + " more value" + (more == 1 ? "" : "s") + " of the event";
  return text;
}

// What stood there before is gone: other text, or another container in its place.
bool IsReplaced(const VariableUpdate& update) {
  if (update.now.bound != VariableBound::kNone || !update.texts_changed) return false;
  if (update.change == VariableChange::kRemoved || update.now.texts == 0) return false;
  return update.change == VariableChange::kReplaced || update.object_changed ||
         (update.now.entries == 0 && update.entries_before == 0);
}

}  // namespace

void VariableRules::Observe(WindowNumber window, const VariableSnapshot& now, Drafts& drafts) {
  for (const VariableUpdate& update : now.changed) JudgeOne(window, update, drafts);
}

// `growing` only where the variable's own bounds allow for it.
Growth VariableRules::GrowthOf(WindowNumber window, const VariableUpdate& update,
                               History<std::string>& history, std::int64_t before, std::int64_t now) {
  const std::string& name = update.now.name;
  const Amount level = {update.change == VariableChange::kRemoved ? 0 : now, 0};
  Series* series = history.Find(name);
  if (series == nullptr) {
    if (level.count == 0 && before == 0) return {};
    if (window == 0) {
      history.Begin(name, 0, level);
      return {};
    }
    series = history.Begin(name, window - 1, {before, 0});
    if (series == nullptr) return {};
  }
  if (window == 0) return {};
  series->Observe(window, level);
  Growth growth = series->Judge();
  if (series->rises() < RisesToBelieve(update.now.bound) && growth.pattern == Pattern::kGrowing)
    growth.pattern = Pattern::kWarming;
  return growth;
}

void VariableRules::JudgeOne(WindowNumber window, const VariableUpdate& update, Drafts& drafts) {
  const Growth own = GrowthOf(window, update, sizes_, update.size_before, update.now.size);
  const Growth all = GrowthOf(window, update, entries_, update.entries_before, update.now.entries);
  if (window == 0) return;
  JudgeHeld(window, update, drafts);
  const bool itself = own.pattern == Pattern::kGrowing;
  const bool growing = itself || all.pattern == Pattern::kGrowing;
  Recurrence::Verdict replaced;
  if (IsReplaced(update)) replaced = texts_.Observe(window, update.now.name);
  if (!growing && !replaced.recurs()) return;

  const bool is_default = update.now.role == VariableRole::kDefault;
  Draft draft = DraftOf(is_default ? kDefaultArgumentMutated
                        : growing  ? kVariableGrowth
                                   : kVariableReplaced,
                        update,
                        itself    ? own
                        : growing ? all
                                  : replaced.growth);
  const Series* series = (itself ? sizes_ : entries_).Find(update.now.name);
  draft.first_seen =
      growing && series != nullptr && series->first_rise() != 0 ? series->first_rise() : replaced.first_seen;
  if (!growing) {
    draft.unit = "changes";
    draft.count = 1;
    draft.fact = (is_default ? "default " : "") + Described(update.now) + " is left with other text";
  } else {
    if (itself) draft.count = update.now.size;
    draft.fact = (is_default ? "default " : "") + Described(update.now);
  }
  drafts.push_back(std::move(draft));
}

void VariableRules::JudgeHeld(WindowNumber window, const VariableUpdate& update, Drafts& drafts) {
  std::vector<std::string_view> fields;
  for (const HeldValue& held : update.now.holds) {
    if (!held.number) {
      fields.push_back(held.field);
      continue;
    }
    const std::string fact = update.now.name + " is left with " + held.field;
    const Recurrence::Verdict verdict = numbers_.Observe(window, fact);
    if (!verdict.recurs()) continue;
    Draft draft = DraftOf(kVariableReplaced, update, verdict.growth);
    draft.unit = "changes";
    draft.count = 1;
    draft.fact = fact;
    draft.first_seen = verdict.first_seen;
    drafts.push_back(std::move(draft));
  }
  if (fields.empty()) return;
  Draft draft = DraftOf(kPayloadRetained, update, {});
  draft.severity = Severity::kCritical;
  draft.unit = "values";
  draft.count = static_cast<std::int64_t>(fields.size());
  draft.fact = update.now.name + " holds " + Listed(fields);
  draft.first_seen = window;
  drafts.push_back(std::move(draft));
}

}  // namespace cleanslate
