#include "report/make_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "analysis/static_variables.h"

namespace cleanslate {
namespace {

std::string_view KindName(DescriptorKind kind) {
  static constexpr std::array<std::string_view, 13> kNames = {
      "file",   "directory",  "pipe",   "socket",  "event-poll", "event-counter", "timer",
      "signal", "file-watch", "memory", "process", "terminal",   "other"};
  const auto index = static_cast<std::size_t>(kind);
  return index < kNames.size() ? kNames[index] : kNames.back();
}

std::string_view TypeName(FileType type) {
  static constexpr std::array<std::string_view, 6> kNames = {"",       "directory", "symlink",
                                                             "socket", "fifo",      "other"};
  const auto index = static_cast<std::size_t>(type);
  return index < kNames.size() ? kNames[index] : kNames.back();
}

std::string_view ChangeName(FileChange change) {
  static constexpr std::array<std::string_view, 4> kNames = {"created", "grown", "modified", "deleted"};
  const auto index = static_cast<std::size_t>(change);
  return index < kNames.size() ? kNames[index] : kNames[2];
}

double Thousandths(double value) {
  return std::isfinite(value) ? std::round(value * 1000) / 1000 : 0;
}

Frames Compact(Frames frames) {
  for (Frame& frame : frames) {
    if (frame.line == 0) continue;
    frame.build_id.clear();
    frame.offset = 0;
  }
  return frames;
}

class Assembly {
 public:
  Assembly(const StackNamer& namer, std::size_t max_entries, Report& report)
      : namer_(namer), max_entries_(max_entries), report_(report) {}

  Frames Where(StackId stack) const {
    return namer_ && stack != StackId::kNone ? Compact(namer_(stack)) : Frames{};
  }

  // The largest sites that have survivors.
  std::vector<SurvivingSite> Sites(const std::vector<HeapSite>& sites, const char* key) {
    std::vector<const HeapSite*> order;
    order.reserve(sites.size());
    for (const HeapSite& site : sites) {
      if (site.survived_blocks != 0 || site.survived_bytes != 0) order.push_back(&site);
    }
    const std::size_t listed = Cut(order.size(), key);
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(listed), order.end(),
                      [](const HeapSite* a, const HeapSite* b) {
                        if (a->survived_bytes != b->survived_bytes)
                          return a->survived_bytes > b->survived_bytes;
                        return a->stack < b->stack;
                      });
    std::vector<SurvivingSite> result;
    result.reserve(listed);
    for (std::size_t i = 0; i < listed; ++i) {
      result.push_back({order[i]->survived_blocks, order[i]->survived_bytes, Where(order[i]->stack)});
    }
    return result;
  }

  std::vector<SurvivingDescriptor> Descriptors(const std::vector<Descriptor>& open) {
    const std::size_t listed = Cut(open.size(), "descriptors");
    std::vector<SurvivingDescriptor> result;
    result.reserve(listed);
    for (std::size_t i = 0; i < listed; ++i) {
      const Descriptor& each = open[i];
      result.push_back({each.fd, std::string(KindName(each.kind)), each.target, each.local, each.peer,
                        each.state, each.deleted, each.bytes, Where(each.stack)});
    }
    return result;
  }

  std::vector<SurvivingFile> Files(const std::vector<ChangedFile>& files) {
    const std::size_t listed = Cut(files.size(), "files");
    std::vector<SurvivingFile> result;
    result.reserve(listed);
    for (std::size_t i = 0; i < listed; ++i) {
      const ChangedFile& each = files[i];
      result.push_back({each.file.path, std::string(TypeName(each.file.type)),
                        std::string(ChangeName(each.change)), each.file.bytes, each.bytes_before,
                        Where(each.file.stack)});
    }
    return result;
  }

  // The function that a stack of one frame stands for.
  std::string Function(StackId code) const {
    const Frames frames = Where(code);
    if (frames.empty()) return {};
    return frames.front().function.empty() ? frames.front().module : frames.front().function;
  }

  std::vector<SurvivingThread> Threads(const std::vector<Thread>& threads) {
    const std::size_t listed = Cut(threads.size(), "threads");
    std::vector<SurvivingThread> result;
    for (std::size_t i = 0; i < listed; ++i)
      result.push_back(
          {threads[i].tid, threads[i].name, Function(threads[i].start), Where(threads[i].stack)});
    return result;
  }

  std::vector<SurvivingProcess> Processes(const std::vector<ChildProcess>& children) {
    const std::size_t listed = Cut(children.size(), "processes");
    std::vector<SurvivingProcess> result;
    for (std::size_t i = 0; i < listed; ++i)
      result.push_back({children[i].pid, children[i].command, children[i].ended ? "ended" : "running",
                        Where(children[i].stack)});
    return result;
  }

  std::vector<ChangedEnvironment> Environment(const std::vector<EnvironmentChange>& changes) {
    static constexpr std::array<const char*, 3> kChanges = {"added", "changed", "removed"};
    const std::size_t listed = Cut(changes.size(), "environment");
    std::vector<ChangedEnvironment> result;
    for (std::size_t i = 0; i < listed; ++i) {
      const auto& [variable, change] = changes[i];
      result.push_back({variable.name, kChanges[static_cast<std::size_t>(change)], Where(variable.stack)});
    }
    return result;
  }

  // Attributes, timers and libraries.
  std::vector<ChangedAttribute> Process(const Survivors& survivors) {
    std::vector<ChangedAttribute> result;
    for (const AttributeChange& change : survivors.attributes) {
      result.push_back({change.now.name, Valued(change.before), Valued(change.now), Where(change.now.stack)});
    }
    for (const Timer& timer : survivors.timers)
      result.push_back({timer.name, "", "armed", Where(timer.stack)});
    for (const std::string& path : survivors.libraries) result.push_back({"library", "", path, {}});
    const std::size_t listed = Cut(result.size(), "process");
    result.resize(listed);
    return result;
  }

  // What tells most comes first; counters and times change in every window.
  std::vector<ChangedVariable> Variables(const VariableSnapshot& variables) {
    static constexpr std::array<const char*, 6> kChanges = {"assigned", "grown",   "shrunk",
                                                            "replaced", "altered", "removed"};
    std::vector<const VariableUpdate*> order;
    for (const VariableUpdate& each : variables.changed) order.push_back(&each);
    std::stable_sort(order.begin(), order.end(), [](const VariableUpdate* a, const VariableUpdate* b) {
      return (a->change == VariableChange::kAltered) < (b->change == VariableChange::kAltered);
    });
    order.resize(Cut(order.size(), "variables"));
    std::vector<ChangedVariable> result;
    for (const VariableUpdate* each : order) {
      const Variable& now = each->now;
      Frame where;
      where.file = now.file;
      where.line = now.line;
      // What changed below it counts where it has the same entries itself.
      const bool below = each->size_before == now.size && each->entries_before != now.entries;
      const std::int64_t before = below ? each->entries_before : each->size_before;
      const std::int64_t after = below ? now.entries : now.size;
      result.push_back({now.name, now.kind, kChanges[static_cast<std::size_t>(each->change)], before,
                        each->change == VariableChange::kRemoved ? 0 : after,
                        now.file.empty() ? Frames() : Frames{where}});
    }
    return result;
  }

  std::vector<ChangedVariable> Statics(const StaticSnapshot& statics, const DataNamer& data) {
    const std::vector<ChangedStatic> variables = ChangedStatics(statics.changed, data, 2 * max_entries_);
    const std::size_t listed = Cut(variables.size(), "variables");
    std::vector<ChangedVariable> result;
    for (std::size_t i = 0; i < listed; ++i) {
      const ChangedStatic& each = variables[i];
      Frame where;
      where.module = each.module;
      result.push_back(
          {each.name, each.text ? "static text" : "static", "", each.bytes, each.bytes, {where}});
    }
    return result;
  }

  void LeaveOut(const char* key, std::int64_t count) {
    if (count > 0) report_.left_out[key] += count;
  }

 private:
  std::string Valued(const ProcessAttribute& attribute) const {
    const std::string function = Function(attribute.code);
    return function.empty() ? attribute.value : attribute.value + " by " + function;
  }

  std::size_t Cut(std::size_t size, const char* key) {
    const std::size_t listed = std::min(size, max_entries_);
    LeaveOut(key, static_cast<std::int64_t>(size - listed));
    return listed;
  }

  const StackNamer& namer_;
  const std::size_t max_entries_;
  Report& report_;
};

Live LiveOf(const Snapshot& now) {
  Live live;
  live.heap_bytes = now.heap.live_bytes;
  live.heap_blocks = now.heap.live_blocks;
  live.descriptors = static_cast<std::int64_t>(now.descriptors.open.size());
  live.tmp_bytes = now.files.bytes;
  live.tmp_files = now.files.names;
  live.unaccounted_bytes = now.files.unaccounted.value_or(0);
  live.threads = now.process.threads;
  live.processes = static_cast<std::int64_t>(now.children.children.size());
  for (const Descriptor& each : now.descriptors.open) live.deleted_bytes += each.deleted ? each.bytes : 0;
  live.rss_bytes = now.process.rss_bytes;
  return live;
}

}  // namespace

Report MakeReport(const WindowFacts& facts, const Survivors& survivors, const Snapshot& now,
                  std::vector<Finding> findings, const StackNamer& namer, const Cost& cost,
                  const DataNamer& data, std::size_t max_entries) {
  Report report;
  report.type = facts.type;
  report.timestamp_ms = facts.timestamp_ms;
  report.environment = facts.environment;
  report.pid = facts.pid;
  report.runtime = facts.runtime;
  report.function = facts.function;
  report.window = facts.window;
  report.window.duration_ms = Thousandths(facts.window.duration_ms);
  report.reason = facts.reason;

  report.findings = std::move(findings);
  for (Finding& finding : report.findings) {
    finding.where = Compact(std::move(finding.where));
    finding.trend.per_window = Thousandths(finding.trend.per_window);
  }

  Assembly assembly(namer, max_entries, report);
  report.survived.heap.blocks = now.heap.survived_blocks;
  report.survived.heap.bytes = now.heap.survived_bytes;
  report.survived.heap.sites = assembly.Sites(survivors.heap, "heap.sites");
  report.survived.mappings = assembly.Sites(survivors.mappings, "mappings");
  report.survived.descriptors = assembly.Descriptors(survivors.descriptors);
  report.survived.files = assembly.Files(survivors.files);
  report.survived.threads = assembly.Threads(survivors.threads);
  report.survived.processes = assembly.Processes(survivors.children);
  report.survived.environment = assembly.Environment(survivors.environment);
  report.survived.process = assembly.Process(survivors);
  report.survived.variables = assembly.Variables(survivors.variables);
  if (data) {
    for (ChangedVariable& each : assembly.Statics(now.statics, data))
      report.survived.variables.push_back(std::move(each));
  }
  assembly.LeaveOut("live.descriptors", now.descriptors.left_out);
  assembly.LeaveOut("live.folders", now.files.left_out);
  assembly.LeaveOut("live.threads", now.threads.left_out);
  assembly.LeaveOut("live.processes", now.children.left_out);
  assembly.LeaveOut("live.environment", now.environment.left_out);
  assembly.LeaveOut("live.static", now.statics.left_out);
  assembly.LeaveOut("live.variables", survivors.variables.left_out);
  assembly.LeaveOut("live.interpreters", survivors.variables.interpreters);

  report.live = LiveOf(now);
  report.cost = cost;
  return report;
}

}  // namespace cleanslate
