#include "analysis/attribute_rules.h"

#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "analysis/pattern.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

struct KindText {
  std::string_view rule;  // empty: told of among the survivors, no finding
  std::string_view thing;
};

KindText TextOf(AttributeKind kind) {
  static constexpr std::array<KindText, 5> kTexts = {{{kWorkingDirectoryChanged, "the working directory"},
                                                      {kUmaskChanged, "the umask"},
                                                      {kLocaleChanged, "the locale"},
                                                      {kSignalHandlerChanged, "the handler of "},
                                                      {{}, {}}}};
  return kTexts[static_cast<std::size_t>(kind)];
}

bool Same(const ProcessAttribute& a, const ProcessAttribute& b) {
  return a.value == b.value && a.code == b.code;
}

}  // namespace

void AttributeRules::Observe(WindowNumber window, const std::vector<ProcessAttribute>& now,
                             const std::vector<AttributeChange>& changes, Drafts& drafts) {
  if (window == 0) {
    for (const ProcessAttribute& attribute : now) baseline_.emplace(attribute.name, attribute);
    return;
  }
  std::set<std::string_view> changed;
  for (const AttributeChange& change : changes) changed.insert(change.now.name);
  bool locale_told = false;  // one call sets all categories
  for (const ProcessAttribute& attribute : now) {
    const auto [rule, thing] = TextOf(attribute.kind);
    if (rule.empty()) continue;
    const auto at = baseline_.find(attribute.name);
    const bool is_set = attribute.born == window || changed.contains(attribute.name);
    if (!is_set || (at != baseline_.end() && Same(at->second, attribute))) continue;
    const bool is_locale = attribute.kind == AttributeKind::kLocale;
    if (is_locale && std::exchange(locale_told, true)) continue;
    const Recurrence::Verdict verdict = settings_.Observe(window, is_locale ? "locale" : attribute.name);
    Draft draft;
    draft.rule = rule;
    draft.severity = verdict.recurs() ? Severity::kWarning : Severity::kInfo;
    draft.stack = attribute.stack;
    draft.subject = attribute.name;
    draft.pattern = attribute.name;
    draft.fact = std::string(thing);
    const std::string before = at == baseline_.end() ? std::string() : " (it was " + at->second.value + ")";
    switch (attribute.kind) {
      case AttributeKind::kWorkingDirectory:
        draft.subject = PathPattern(attribute.value);
        break;
      case AttributeKind::kSignalHandler:
        draft.subject = attribute.name.substr(attribute.name.find(' ') + 1);
        draft.fact += draft.subject;
        break;
      case AttributeKind::kLocale:
        draft.subject = draft.pattern = "locale";
        draft.fact += " (" + attribute.name.substr(attribute.name.find(' ') + 1) + ")";
        break;
      default:
        break;
    }
    if (attribute.kind == AttributeKind::kSignalHandler)
      draft.fact += attribute.value == "handled" ? " is left set" : " is left at " + attribute.value;
    else
      draft.fact += " is left at " + attribute.value;
    draft.fact += before;
    draft.by = "set by";
    draft.noun = "attribute";
    draft.unit = "changes";
    draft.count = 1;
    draft.growth = verdict.growth;
    draft.first_seen = verdict.first_seen;
    drafts.push_back(std::move(draft));
  }
}

}  // namespace cleanslate
