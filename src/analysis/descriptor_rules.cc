#include "analysis/descriptor_rules.h"

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/pattern.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

std::string KindKey(const Descriptor& descriptor) {
  return std::string(1, static_cast<char>('a' + static_cast<int>(descriptor.kind)));
}

std::string TargetKey(const Descriptor& descriptor) {
  return "t" + KindKey(descriptor) + DescriptorPattern(descriptor);
}

std::string StackKey(const Descriptor& descriptor) {
  if (descriptor.stack == StackId::kNone) return {};
  return "s" + KindKey(descriptor) + std::to_string(static_cast<std::uint32_t>(descriptor.stack));
}

std::int64_t Count(const std::vector<const Descriptor*>& descriptors) {
  return static_cast<std::int64_t>(descriptors.size());
}

std::string PatternOf(const std::vector<const Descriptor*>& descriptors) {
  std::string common = DescriptorPattern(*descriptors.front());
  for (const Descriptor* each : descriptors) common = CommonPattern(common, DescriptorPattern(*each));
  return common;
}

// A file that is always the same one is named in full.
std::string SubjectOf(const std::vector<const Descriptor*>& descriptors, const std::string& pattern) {
  const std::string& first = descriptors.front()->target;
  const bool same = first.starts_with("/") &&
                    std::all_of(descriptors.begin(), descriptors.end(),
                                [&first](const Descriptor* each) { return each->target == first; });
  return same ? first : pattern;
}

}  // namespace

void DescriptorRules::Follow(WindowNumber window, const Groups& groups) {
  history_.ForEach([&](const std::string& key, Series& series) {
    const auto at = groups.find(key);
    series.Observe(window, {at == groups.end() ? 0 : Count(at->second.open), 0});
  });
  for (const auto& [key, group] : groups) {
    if (history_.Find(key) != nullptr) continue;
    const std::int64_t open = Count(group.open);
    if (window == 0) {
      history_.Begin(key, 0, {open, 0});
    } else if (Series* const series = history_.Begin(key, window - 1, {open - Count(group.born), 0})) {
      series->Observe(window, {open, 0});
    }
  }
}

void DescriptorRules::Observe(WindowNumber window, const DescriptorSnapshot& now,
                              const std::vector<Descriptor>& survivors, Drafts& drafts) {
  std::set<int> born;
  for (const Descriptor& descriptor : survivors) born.insert(descriptor.fd);
  Groups groups;
  for (const Descriptor& descriptor : now.open) {
    if (descriptor.runtime_api) continue;
    for (const std::string& key : {TargetKey(descriptor), StackKey(descriptor)}) {
      if (key.empty()) continue;
      Group& group = groups[key];
      group.by_stack = key.front() == 's';
      group.open.push_back(&descriptor);
      if (born.contains(descriptor.fd)) group.born.push_back(&descriptor);
    }
  }
  Follow(window, groups);
  if (window <= 1) return;

  std::set<int> accounted_for;  // by a target that grows
  for (const bool by_stack : {false, true}) {
    for (const auto& [key, group] : groups) {
      if (group.by_stack != by_stack || group.born.empty()) continue;
      Series* const series = history_.Find(key);
      if (series == nullptr) continue;
      const Growth growth = series->Judge();
      if (growth.pattern != Pattern::kGrowing) continue;
      if (by_stack) {
        const auto known = std::count_if(group.born.begin(), group.born.end(), [&](const Descriptor* each) {
          return accounted_for.contains(each->fd);
        });
        if (2 * known >= static_cast<std::ptrdiff_t>(group.born.size())) continue;
      } else {
        for (const Descriptor* each : group.born) accounted_for.insert(each->fd);
      }
      const Descriptor& newest = *group.born.back();
      Draft draft;
      const bool socket = newest.kind == DescriptorKind::kSocket;
      draft.rule = socket ? kConnectionLeak : kDescriptorLeak;
      draft.severity = Severity::kWarning;
      draft.stack = newest.stack;
      draft.pattern = PatternOf(group.open);
      draft.subject = SubjectOf(group.open, draft.pattern);
      draft.noun = socket ? "connection" : "descriptor";
      draft.count = Count(group.open);
      draft.growth = growth;
      draft.first_seen = series->first_rise();
      if (now.limit > 0) {
        draft.limit = now.limit;
        draft.headroom =
            std::max<std::int64_t>(0, now.limit - static_cast<std::int64_t>(now.open.size()) - now.left_out);
      }
      drafts.push_back(std::move(draft));
    }
  }
}

}  // namespace cleanslate
