#include "analysis/left_running_rules.h"

#include <algorithm>
#include <map>
#include <utility>

#include "analysis/pattern.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

// What one origin has left behind in this window.
template <typename Thing>
struct Group {
  std::int64_t born = 0;
  std::int64_t alive = 0;  // of this origin, whenever they were born
  const Thing* newest = nullptr;
};

// By its name, which tells threads of an interpreter apart that are all started by one function.
std::string NameOf(const Thread& thread) {
  return PathPattern(thread.name);
}

// By who started it and with what: threads may be named after a request. Empty where nobody saw it.
std::string StarterOf(const Thread& thread) {
  if (thread.stack == StackId::kNone) return {};
  return std::to_string(static_cast<std::uint32_t>(thread.start)) + ' ' +
         std::to_string(static_cast<std::uint32_t>(thread.stack));
}

std::string CommandOf(const ChildProcess& child) {
  return PathPattern(child.command);
}

std::string SpawnerOf(const ChildProcess& child) {
  return child.stack == StackId::kNone ? "" : "by " + std::to_string(static_cast<std::uint32_t>(child.stack));
}

template <typename Thing, typename OriginOf>
std::map<std::string, Group<Thing>> Grouped(const std::vector<Thing>& born, const std::vector<Thing>& alive,
                                            OriginOf origin_of) {
  std::map<std::string, Group<Thing>> groups;
  for (const Thing& thing : born) {
    Group<Thing>& group = groups[origin_of(thing)];
    ++group.born;
    group.newest = &thing;
  }
  groups.erase(std::string());
  for (const Thing& thing : alive) {
    const auto at = groups.find(origin_of(thing));
    if (at != groups.end()) ++at->second.alive;
  }
  return groups;
}

// They don't only take each other's place.
template <typename Thing>
bool PileUp(const Group<Thing>& group, const Recurrence::Verdict& verdict) {
  return 2 * group.alive >= verdict.times;
}

template <typename Thing>
Draft DraftOf(const Group<Thing>& group, const Recurrence::Verdict& verdict, const Snapshot& now) {
  Draft draft;
  draft.severity = verdict.recurs() ? Severity::kWarning : Severity::kInfo;
  draft.stack = group.newest->stack;
  draft.count = group.alive;
  draft.growth = verdict.growth;
  draft.first_seen = verdict.first_seen;
  const std::int64_t tasks = now.process.threads + static_cast<std::int64_t>(now.children.children.size());
  if (now.process.task_limit > 0 && PileUp(group, verdict)) {
    draft.limit = now.process.task_limit;
    draft.headroom = std::max<std::int64_t>(0, now.process.task_limit - tasks);
  }
  return draft;
}

}  // namespace

void LeftRunningRules::Observe(const Survivors& survivors, const Snapshot& now, Drafts& drafts) {
  if (now.window == 0) return;
  ObserveThreads(survivors.threads, now, drafts);
  ObserveProcesses(survivors.children, now, drafts);
  ObserveTimers(survivors, now.window, drafts);
}

void LeftRunningRules::ObserveThreads(const std::vector<Thread>& born, const Snapshot& now, Drafts& drafts) {
  bool accounted_for = false;  // by a name
  for (const bool by_name : {true, false}) {
    for (const auto& [origin, group] : Grouped(born, now.threads.threads, by_name ? &NameOf : &StarterOf)) {
      const Recurrence::Verdict verdict = threads_.Observe(now.window, origin, group.born);
      if (!by_name && (accounted_for || !verdict.recurs())) continue;
      accounted_for = accounted_for || verdict.recurs();
      Draft draft = DraftOf(group, verdict, now);
      draft.rule = kThreadLeftRunning;
      draft.code = group.newest->start;
      const bool unnamed = group.newest->name == now.process.name;
      if (by_name) draft.subject = unnamed ? now.process.name : origin;
      draft.pattern = draft.subject;
      if (!PileUp(group, verdict)) draft.fact = "a thread is left running";
      draft.by = "started by";
      draft.noun = "thread";
      draft.unit = "threads";
      drafts.push_back(std::move(draft));
    }
  }
}

void LeftRunningRules::ObserveProcesses(const std::vector<ChildProcess>& born, const Snapshot& now,
                                        Drafts& drafts) {
  bool accounted_for = false;  // by a name
  for (const bool by_name : {true, false}) {
    for (const auto& [origin, group] :
         Grouped(born, now.children.children, by_name ? &CommandOf : &SpawnerOf)) {
      const Recurrence::Verdict verdict = processes_.Observe(now.window, origin, group.born);
      if (!by_name && (accounted_for || !verdict.recurs())) continue;
      accounted_for = accounted_for || verdict.recurs();
      Draft draft = DraftOf(group, verdict, now);
      draft.rule = kProcessLeftRunning;
      draft.subject = CommandOf(*group.newest);
      draft.pattern = by_name ? origin : "*";
      if (!PileUp(group, verdict)) draft.fact = "process " + draft.subject + " is left running";
      draft.by = "started by";
      draft.noun = group.newest->ended ? "ended process" : "process";
      draft.unit = "processes";
      drafts.push_back(std::move(draft));
    }
  }
}

void LeftRunningRules::ObserveTimers(const Survivors& survivors, WindowNumber window, Drafts& drafts) {
  struct Origin {
    std::int64_t count = 0;
    StackId stack = StackId::kNone;
  };
  std::map<std::string, Origin> origins;
  const auto add = [&origins](const std::string& name, StackId stack) {
    Origin& origin = origins[name];
    ++origin.count;
    origin.stack = stack;
  };
  for (const Timer& timer : survivors.timers) add(PathPattern(timer.name), timer.stack);
  for (const Descriptor& each : survivors.descriptors)
    if (each.kind == DescriptorKind::kTimer && each.state == "armed") add("timer descriptor", each.stack);
  for (const auto& [name, origin] : origins) {
    const Recurrence::Verdict verdict = timers_.Observe(window, name, origin.count);
    Draft draft;
    draft.rule = kTimerLeftRunning;
    draft.severity = verdict.recurs() ? Severity::kWarning : Severity::kInfo;
    draft.stack = origin.stack;
    draft.subject = name;
    draft.pattern = name;
    draft.fact = "a timer (" + name + ") is left armed";
    draft.by = "set by";
    draft.noun = "timer";
    draft.unit = "timers";
    draft.count = origin.count;
    draft.growth = verdict.growth;
    draft.first_seen = verdict.first_seen;
    drafts.push_back(std::move(draft));
  }
}

}  // namespace cleanslate
