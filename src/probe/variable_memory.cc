#include "probe/variable_memory.h"

#include <utility>

namespace cleanslate {
namespace {

bool IsSame(const Variable& before, const Variable& now) {
  return before.size == now.size && before.entries == now.entries && before.texts == now.texts &&
         before.rest == now.rest && before.object == now.object && before.kind == now.kind;
}

VariableChange ChangeOf(const Variable& before, const Variable& now) {
  if (now.entries > before.entries) return VariableChange::kGrown;
  if (now.entries < before.entries) return VariableChange::kShrunk;
  return now.texts != before.texts ? VariableChange::kReplaced : VariableChange::kAltered;
}

}  // namespace

void VariableMemory::Note(WindowNumber window, const std::vector<Variable>& seen,
                          const std::vector<std::string>& gone, std::vector<VariableUpdate>& changed) {
  for (const Variable& now : seen) {
    const auto at = known_.find(now.name);
    if (at == known_.end()) {
      if (known_.size() >= most_) {
        ++left_out_;
        continue;
      }
      changed.push_back({now, VariableChange::kAssigned, 0, 0, now.texts != 0, now.object != 0, window});
    } else if (Known& before = at->second; !IsSame(before.variable, now)) {
      const Variable& was = before.variable;
      changed.push_back({now, ChangeOf(was, now), was.size, was.entries, now.texts != was.texts,
                         now.object != was.object, before.looked + 1});
    }
    known_[now.name] = {now, window};
  }
  for (const std::string& name : gone) {
    const auto at = known_.find(name);
    if (at == known_.end()) continue;
    Known& before = at->second;
    VariableUpdate& update = changed.emplace_back();
    update.now = std::move(before.variable);
    update.change = VariableChange::kRemoved;
    update.size_before = update.now.size;
    update.entries_before = update.now.entries;
    update.since = before.looked + 1;
    known_.erase(at);
  }
}

}  // namespace cleanslate
