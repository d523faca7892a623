#include "analysis/static_rules.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/rule_names.h"
#include "analysis/static_variables.h"
#include "analysis/suspect.h"

namespace cleanslate {
namespace {

constexpr std::uint64_t kWordBytes = 4;
// Longer than that, a text proves itself, and what isn't one is no single number.
constexpr std::uint64_t kMostWords = 16;

std::string FactOf(const ChangedStatic& variable) {
  const std::string fact =
      variable.named
          ? "static variable " + variable.name + " (" + std::to_string(variable.bytes) +
                (variable.bytes == 1 ? " byte in " : " bytes in ") + variable.module + ")"
          : "static " + variable.name.substr(variable.module.size() + 1) + " of " + variable.module;
  return fact + " is left with another text";
}

}  // namespace

// The words of memory that the range has a part in, the first few. False when one isn't followed.
template <typename Visitor>
bool StaticRules::ForEachWord(const StaticRange& range, std::size_t most_words, Visitor visit) {
  auto& of_file = words_[range.path];
  const std::uint64_t first = range.offset / kWordBytes;
  const std::uint64_t last = (range.offset + static_cast<std::uint64_t>(range.bytes) - 1) / kWordBytes;
  bool all = true;
  for (std::uint64_t place = first; place <= std::min(last, first + kMostWords - 1); ++place) {
    auto at = of_file.find(place);
    if (at == of_file.end()) {
      if (word_count_ >= most_words) {
        all = false;
        continue;
      }
      at = of_file.try_emplace(place).first;
      ++word_count_;
    }
    visit(at->second);
  }
  return all;
}

void StaticRules::NoteWords(const StaticSnapshot& now) {
  for (const StaticRange& range : now.changed) {
    if (range.bytes <= 0) continue;
    // Texts have room of their own. Large tables that change would fill the rest with what is no number.
    const bool large = range.bytes > static_cast<std::int64_t>(kMostWords * kWordBytes);
    const std::size_t most = range.text ? max_words_ : large ? 0 : max_words_ / 2;
    const bool all =
        ForEachWord(range, most, [&range](Word& word) { ++(range.text ? word.as_text : word.as_other); });
    if (!all && most > 0) ++forgotten_;
  }
}

bool StaticRules::IsText(const StaticRange& range) {
  if (!range.text || range.bytes <= 0) return false;
  bool is_text = true;
  const bool followed = ForEachWord(
      range, 0, [&is_text](const Word& word) { is_text = is_text && word.as_text >= word.as_other; });
  return followed && is_text;
}

// A variable; where none is known, the place of the text.
std::string StaticRules::Origin(const StaticRange& range, const DataName& name) const {
  return range.path + '\0' +
         (name.symbol.empty() ? std::to_string(range.offset / kWordBytes)
                              : name.symbol + '\0' + std::to_string(name.offset));
}

void StaticRules::Observe(WindowNumber window, const StaticSnapshot& now, const DataNamer& name,
                          Drafts& drafts) {
  if (window == 0) return;
  NoteWords(now);
  std::map<std::string, std::vector<StaticRange>> texts;  // by origin
  for (const StaticRange& range : now.changed) {
    if (!IsText(range)) continue;
    const DataName found = name ? name(range) : DataName();
    if (!found.traffic) texts[Origin(range, found)].push_back(range);
  }
  for (const auto& [origin, ranges] : texts) {
    const Recurrence::Verdict verdict = texts_.Observe(window, origin);
    if (!verdict.recurs()) continue;
    const ChangedStatic variable = ChangedStatics(ranges, name).front();
    Draft draft;
    draft.rule = kStaticDataChanged;
    draft.severity = Severity::kWarning;
    draft.subject = variable.name;
    draft.pattern = variable.pattern;
    draft.noun = "variable";
    draft.fact = FactOf(variable);
    draft.unit = "changes";
    draft.count = 1;
    draft.bytes = variable.bytes;
    draft.growth = verdict.growth;
    draft.first_seen = verdict.first_seen;
    drafts.push_back(std::move(draft));
  }
  if (tell_changes_) TellChanges(window, now, name, drafts);
}

void StaticRules::TellChanges(WindowNumber window, const StaticSnapshot& now, const DataNamer& name,
                              Drafts& drafts) const {
  struct Module {
    std::int64_t variables = 0;
    std::int64_t bytes = 0;
  };
  std::map<std::string, Module> modules;
  for (const ChangedStatic& variable : ChangedStatics(now.changed, name)) {
    Module& module = modules[variable.module];
    ++module.variables;
    module.bytes += variable.bytes;
  }
  for (const auto& [module, changed] : modules) {
    Draft draft;
    draft.rule = kStaticDataChanged;
    draft.subject = module;
    draft.pattern = PlainModule(module) + " *";
    draft.noun = "variable";
    draft.fact = std::to_string(changed.variables) + " static variable" +
                 (changed.variables == 1 ? "" : "s") + " of " + module + " changed";
    draft.unit = "changes";
    draft.count = changed.variables;
    draft.bytes = changed.bytes;
    draft.first_seen = window;
    drafts.push_back(std::move(draft));
  }
}

}  // namespace cleanslate
