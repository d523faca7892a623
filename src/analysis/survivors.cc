#include "analysis/survivors.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace cleanslate {
namespace {

// A descriptor's number and inode may both have been reused within the window. What an interposed call saw
// decides; where nobody saw either birth the name does, as it must for anonymous inodes, which all share one.
bool SameDescriptor(const Descriptor& before, const Descriptor& now) {
  if (before.device != now.device || before.inode != now.inode || before.kind != now.kind) return false;
  if (before.born != now.born) return false;
  const bool seen = now.born != 0 || now.stack != StackId::kNone;
  if (seen && before.stack == now.stack) return true;  // the same thing, renamed perhaps
  return before.stack == now.stack && before.target == now.target;
}

std::vector<HeapSite> WithSurvivors(const std::vector<HeapSite>& sites) {
  std::vector<HeapSite> kept;
  for (const HeapSite& site : sites)
    if (site.survived_blocks > 0) kept.push_back(site);
  std::sort(kept.begin(), kept.end(), [](const HeapSite& a, const HeapSite& b) {
    if (a.survived_bytes != b.survived_bytes) return a.survived_bytes > b.survived_bytes;
    if (a.survived_blocks != b.survived_blocks) return a.survived_blocks > b.survived_blocks;
    return a.stack < b.stack;
  });
  return kept;
}

std::vector<Descriptor> NewDescriptors(const DescriptorSnapshot& before, const DescriptorSnapshot& now) {
  std::unordered_map<int, const Descriptor*> known;
  known.reserve(before.open.size());
  for (const Descriptor& descriptor : before.open) known.emplace(descriptor.fd, &descriptor);
  std::vector<Descriptor> born;
  for (const Descriptor& descriptor : now.open) {
    if (descriptor.runtime_api) continue;
    const auto at = known.find(descriptor.fd);
    if (at == known.end() || !SameDescriptor(*at->second, descriptor)) born.push_back(descriptor);
  }
  return born;
}

// Threads and processes: those that the list of before doesn't hold. Ids are used again, ages are not.
template <typename Task, typename Id>
std::vector<Task> NewTasks(const std::vector<Task>& before, const std::vector<Task>& now, Id id) {
  std::vector<Task> born;
  auto old = before.begin();
  for (const Task& task : now) {
    while (old != before.end() && id(*old) < id(task)) ++old;
    const bool known = old != before.end() && id(*old) == id(task) && old->started == task.started;
    if (!known) born.push_back(task);
  }
  return born;
}

// Walks two lists that are sorted by name: `pair(before, now)` with a null where there is none.
template <typename Entry, typename Pair>
void ForEachName(const std::vector<Entry>& before, const std::vector<Entry>& now, Pair&& pair) {
  auto old = before.begin();
  auto current = now.begin();
  while (old != before.end() || current != now.end()) {
    const int order = old == before.end() ? 1 : current == now.end() ? -1 : old->name.compare(current->name);
    pair(order <= 0 ? &*old : nullptr, order >= 0 ? &*current : nullptr);
    if (order <= 0) ++old;
    if (order >= 0) ++current;
  }
}

std::vector<EnvironmentChange> ChangedEnvironment(const EnvironmentSnapshot& before,
                                                  const EnvironmentSnapshot& now) {
  std::vector<EnvironmentChange> changed;
  ForEachName(before.variables, now.variables,
              [&](const EnvironmentVariable* old, const EnvironmentVariable* current) {
                if (current == nullptr)
                  changed.push_back({*old, EntryChange::kRemoved});
                else if (old == nullptr)
                  changed.push_back({*current, EntryChange::kAdded});
                else if (old->mark != current->mark)
                  changed.push_back({*current, EntryChange::kChanged});
              });
  return changed;
}

std::vector<AttributeChange> ChangedAttributes(const std::vector<ProcessAttribute>& before,
                                               const std::vector<ProcessAttribute>& now) {
  std::vector<AttributeChange> changed;
  ForEachName(before, now, [&](const ProcessAttribute* old, const ProcessAttribute* current) {
    if (current == nullptr) return;  // could not be read this time
    if (old == nullptr)
      changed.push_back({*current, {}});
    else if (old->value != current->value || old->code != current->code)
      changed.push_back({*current, *old});
  });
  return changed;
}

std::vector<Timer> NewTimers(WindowNumber window, const std::vector<Timer>& before,
                             const std::vector<Timer>& now) {
  std::vector<Timer> set;
  ForEachName(before, now, [&](const Timer* old, const Timer* current) {
    if (current != nullptr && (old == nullptr || current->born == window)) set.push_back(*current);
  });
  return set;
}

}  // namespace

Survivors Diff(const Snapshot& before, const Snapshot& now) {
  Survivors survivors;
  survivors.window = now.window;
  survivors.heap = WithSurvivors(now.heap.sites);
  survivors.mappings = WithSurvivors(now.mappings.sites);
  survivors.descriptors = NewDescriptors(before.descriptors, now.descriptors);
  survivors.files = now.files.changed;
  survivors.threads =
      NewTasks(before.threads.threads, now.threads.threads, [](const Thread& thread) { return thread.tid; });
  survivors.children = NewTasks(before.children.children, now.children.children,
                                [](const ChildProcess& child) { return child.pid; });
  survivors.environment = ChangedEnvironment(before.environment, now.environment);
  survivors.attributes = ChangedAttributes(before.attributes, now.attributes);
  // One that asked for `next` before is known, and no news when another asks.
  std::erase_if(survivors.threads, [](const Thread& thread) { return thread.asks; });
  survivors.timers = NewTimers(now.window, before.timers, now.timers);
  std::set_difference(now.libraries.begin(), now.libraries.end(), before.libraries.begin(),
                      before.libraries.end(), std::back_inserter(survivors.libraries));
  return survivors;
}

}  // namespace cleanslate
