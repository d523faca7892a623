#include "analysis/judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "analysis/attribute_rules.h"
#include "analysis/descriptor_rules.h"
#include "analysis/draft.h"
#include "analysis/environment_rules.h"
#include "analysis/file_rules.h"
#include "analysis/fingerprint.h"
#include "analysis/freeze_rules.h"
#include "analysis/known_survivors.h"
#include "analysis/left_running_rules.h"
#include "analysis/limit_rule.h"
#include "analysis/line_rules.h"
#include "analysis/message.h"
#include "analysis/pattern.h"
#include "analysis/rule_names.h"
#include "analysis/shared_cause.h"
#include "analysis/site_rules.h"
#include "analysis/space_rule.h"
#include "analysis/static_rules.h"
#include "analysis/suspect.h"
#include "analysis/variable_rules.h"

namespace cleanslate {
namespace {

// Stacks of one rule that are named in one window: enough to gather those of one cause, at a bounded cost.
constexpr std::size_t kNamedPerFinding = 4;
constexpr std::size_t kMostCollectedKnown = 16384;

// A runtime that frees in its own time gathers garbage and drops it at once, after hundreds of invocations
// where they make little, and later each time, for its heap grows meanwhile. What each of several drops has
// left more of is growth, and what is too much to be garbage: V8 collects before its buffers are so large.
constexpr std::int64_t kCollectorWindows = 64;
constexpr std::int64_t kCollectorFloors = 3;
constexpr std::int64_t kCollectorBytes = 64 << 20;

bool OutlastsCollection(const Draft& draft) {
  return draft.growth.over >= kCollectorWindows &&
         (draft.growth.risen_floors >= kCollectorFloors || draft.bytes >= kCollectorBytes);
}

// Python frees at once what nothing refers to, but cycles only when enough has piled up: in dozens of
// invocations. Little, or now much and now little, may be that.
constexpr std::int64_t kCyclesWindows = 64;
constexpr double kCyclesBytes = 2048;

bool MayBeCycles(const Growth& growth) {
  if (growth.over >= kCyclesWindows) return false;
  return growth.bytes_per_window < kCyclesBytes || growth.most > 2 * growth.least;
}

bool Grew(const VariableSnapshot& variables) {
  return std::any_of(variables.changed.begin(), variables.changed.end(), [](const VariableUpdate& update) {
    return update.change != VariableChange::kRemoved && update.now.entries > update.entries_before;
  });
}

bool IsMemory(std::string_view rule) {
  return rule == kHeapGrowth || rule == kHeapRetained || rule == kMappingGrowth;
}

constexpr std::string_view kDescriptors = "descriptors";

// What these are about has a name of its own: whoever does it, and one function may do it to several.
bool IsNamed(std::string_view rule) {
  static constexpr std::array<std::string_view, 14> kNamed = {
      kEnvironmentChanged,     kWorkingDirectoryChanged, kSignalHandlerChanged, kLocaleChanged,
      kUmaskChanged,           kTimerLeftRunning,        kStaticDataChanged,    kPostResponseActivity,
      kStaleConnection,        kProcessLeftRunning,      kVariableGrowth,       kVariableReplaced,
      kDefaultArgumentMutated, kPayloadRetained};
  return std::find(kNamed.begin(), kNamed.end(), rule) != kNamed.end();
}

std::string_view ResourceOf(std::string_view rule) {
  if (IsMemory(rule)) return "memory";
  if (rule == kTmpGrowth) return "/tmp";
  return rule == kThreadLeftRunning || rule == kProcessLeftRunning ? "threads and processes" : kDescriptors;
}

auto BySize(const Draft& draft) {
  return std::make_tuple(-static_cast<int>(draft.severity), -draft.bytes, -draft.count, draft.stack,
                         std::string_view(draft.pattern));
}

// Several drafts of one cause, and what the report says of them.
struct Cause {
  Draft draft;  // of the largest; the amounts are of all
  Frames where;
  std::string name;  // of the suspect, where it is the user's or memory is meant
  std::string fingerprint;
  const KnownSurvivor* known = nullptr;  // what the catalogue has for it
  double per_window_bytes = 0;
  double per_window_count = 0;
};

bool IsNetwork(std::string_view subject) {
  return subject.starts_with("tcp ") || subject.starts_with("udp ");
}

void Merge(const Cause& other, Cause& cause) {
  cause.draft.count += other.draft.count;
  cause.draft.bytes += other.draft.bytes;
  cause.per_window_bytes += other.per_window_bytes;
  cause.per_window_count += other.per_window_count;
  Growth& growth = cause.draft.growth;
  const Growth& more = other.draft.growth;
  if (growth.by_bytes == more.by_bytes) {
    growth.least += more.least;
    growth.most += more.most;
  }
  growth.run = std::min(growth.run, more.run);
  growth.count_per_window += more.count_per_window;
  growth.bytes_per_window += more.bytes_per_window;
  if (cause.draft.subject != other.draft.subject) {
    const std::string common = CommonPattern(cause.draft.subject, other.draft.subject);
    if (common != "*")
      cause.draft.subject = common;
    else if (!IsNetwork(cause.draft.subject) && IsNetwork(other.draft.subject))
      cause.draft.subject = other.draft.subject;  // it tells more than a pipe or a socket without a name
  }
  cause.draft.first_seen = std::min(cause.draft.first_seen, other.draft.first_seen);
}

std::string NameOf(const Suspect& suspect) {
  if (suspect.frame == nullptr) return {};
  std::string name = PlainFunction(suspect.frame->function);
  return name.empty() ? suspect.frame->module : name;
}

Trend TrendOf(const Cause& cause, WindowNumber window) {
  const Draft& draft = cause.draft;
  Trend trend;
  trend.pattern = draft.growth.pattern;
  trend.windows = window;
  trend.grew = draft.growth.rises;
  if (!draft.unit.empty()) {
    trend.unit = draft.unit;
    trend.per_window = draft.unit == "bytes" ? cause.per_window_bytes : cause.per_window_count;
  } else if (IsMemory(draft.rule)) {
    trend.unit = "bytes";
    trend.per_window = cause.per_window_bytes;
  } else if (draft.rule == kTmpGrowth || draft.rule == kTmpResidue) {
    trend.unit = draft.growth.by_bytes ? "bytes" : "files";
    trend.per_window = draft.growth.by_bytes ? cause.per_window_bytes : cause.per_window_count;
  } else {
    trend.unit = "descriptors";
    trend.per_window = cause.per_window_count;
  }
  if (draft.limit && trend.pattern == Pattern::kGrowing) {
    trend.limit = draft.limit;
    if (draft.headroom && trend.per_window > 0)
      trend.exhausts_in =
          static_cast<std::int64_t>(std::ceil(static_cast<double>(*draft.headroom) / trend.per_window));
  }
  return trend;
}

std::string SubjectOf(const Cause& cause) {
  if (!cause.draft.subject.empty()) return cause.draft.subject;
  return !cause.name.empty() ? cause.name : "unknown origin";
}

Finding FindingOf(Cause cause, WindowNumber window) {
  const Draft& draft = cause.draft;
  Finding finding;
  finding.rule = draft.rule;
  finding.severity = draft.severity;
  finding.subject = SubjectOf(cause);
  finding.message = Sentence(draft, finding.subject, cause.name);
  finding.fingerprint = std::move(cause.fingerprint);
  finding.count = draft.count;
  finding.bytes = draft.bytes;
  finding.where = std::move(cause.where);
  finding.trend = TrendOf(cause, window);
  finding.first_seen = draft.first_seen;
  finding.age = static_cast<std::int64_t>(window) - draft.first_seen + 1;
  return finding;
}

}  // namespace

class Judge::Memory {
 public:
  Memory(Suppressions suppressions, JudgeOptions options)
      : suppressions_(std::move(suppressions)),
        options_(options),
        heap_(kHeapGrowth, options.least == Severity::kInfo ? kHeapRetained : std::string_view(), "block",
              options.max_origins, options.max_levels),
        mappings_(kMappingGrowth, {}, "mapping", options.max_origins, options.max_levels),
        descriptors_(options.max_origins),
        files_(options.max_origins),
        environment_(options.max_origins),
        attributes_(options.max_origins),
        left_running_(options.max_origins),
        freeze_(options.max_origins),
        statics_(options.least == Severity::kInfo, options.max_origins),
        variables_(options.max_origins) {}

  std::vector<Finding> Observe(const Survivors& survivors, const Snapshot& now, const StackNamer& name,
                               const DataNamer& data) {
    suppressed_.clear();
    known_.clear();
    left_out_ = 0;
    Drafts drafts;
    heap_.Observe(now.window, now.heap.sites, survivors.heap, drafts);
    mappings_.Observe(now.window, now.mappings.sites, survivors.mappings, drafts);
    descriptors_.Observe(now.window, now.descriptors, survivors.descriptors, drafts);
    files_.Observe(now.window, survivors.files, HadChildren(now.process), drafts);
    space_.Observe(now.window, now.files, drafts);
    environment_.Observe(now.window, survivors.environment, drafts);
    attributes_.Observe(now.window, now.attributes, survivors.attributes, drafts);
    left_running_.Observe(survivors, now, drafts);
    freeze_.Observe(now, drafts);
    if (data) statics_.Observe(now.window, now.statics, data, drafts);
    variables_.Observe(now.window, survivors.variables, drafts);
    lines_.Observe(now.window, survivors.lines, Grew(survivors.variables), drafts);
    AddSharedCauses(heap_, heap_causes_, now.window, name, drafts);
    AddSharedCauses(mappings_, mapping_causes_, now.window, name, drafts);
    std::erase_if(drafts, [this](const Draft& draft) {
      return IsMemory(draft.rule) && draft.file.empty() &&
             lines_.Disturbs(static_cast<WindowNumber>(draft.first_seen));
    });
    std::erase_if(drafts, [this](const Draft& draft) { return draft.severity < options_.least; });
    for (Draft& draft : drafts) AddLimits(now, draft);

    std::vector<Finding> findings;
    for (Cause& cause : WithLimits(Causes(std::move(drafts), name))) {
      const KnownSurvivor* known = cause.known;
      Finding finding = FindingOf(std::move(cause), now.window);
      if (const Suppression* line = suppressions_.Suppress(finding))
        ++suppressed_[line->Text()];
      else if (known != nullptr)
        ++known_[std::string(known->name)];
      else
        findings.push_back(std::move(finding));
    }
    std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
      return std::tie(b.severity, b.bytes, b.count, a.fingerprint, a.rule) <
             std::tie(a.severity, a.bytes, a.count, b.fingerprint, b.rule);
    });
    Cut(findings);
    return findings;
  }

  bool wants_lines() const { return lines_.Wants(); }
  const Suppressions& suppressions() const { return suppressions_; }
  const SetAside& suppressed() const { return suppressed_; }
  const SetAside& known() const { return known_; }
  std::int64_t left_out() const { return left_out_; }
  std::int64_t forgotten() const {
    return heap_.forgotten() + mappings_.forgotten() + descriptors_.forgotten() + files_.forgotten() +
           environment_.forgotten() + attributes_.forgotten() + left_running_.forgotten() +
           freeze_.forgotten() + statics_.forgotten() + variables_.forgotten();
  }

 private:
  static void AddSharedCauses(SiteRules& rules, SharedCauses& causes, WindowNumber window,
                              const StackNamer& name, Drafts& drafts) {
    if (!name) return;
    const auto cause_of = [&name](StackId stack) -> std::string {
      if (stack == StackId::kNone) return {};
      const Frames where = name(stack);
      const Suspect suspect = FindSuspect(where);
      return suspect.users ? PlainModule(suspect.frame->module) + " " + PlainFunction(suspect.frame->function)
                           : std::string();
    };
    causes.Find(window, rules.growth(), rules.noun(), rules.Restless(window), cause_of, drafts);
  }

  static bool IsOfFiles(const MappingSnapshot& mappings, StackId stack) {
    return std::any_of(mappings.sites.begin(), mappings.sites.end(),
                       [stack](const MappingSite& site) { return site.stack == stack && site.of_files; });
  }

  // Those that the rules can't know by themselves.
  void AddLimits(const Snapshot& now, Draft& draft) const {
    if (draft.rule == kMappingGrowth && IsOfFiles(now.mappings, draft.stack)) return;
    if (IsMemory(draft.rule) && options_.memory_limit_bytes > 0) {
      draft.limit = options_.memory_limit_bytes;
      draft.headroom = std::max<std::int64_t>(0, options_.memory_limit_bytes - now.process.rss_bytes);
    } else if (draft.rule == kTmpGrowth && draft.growth.by_bytes && now.files.space > 0) {
      draft.limit = now.files.space;
      draft.headroom = now.files.free_space;
    }
  }

  // The causes, and what they run into together.
  static std::vector<Cause> WithLimits(std::vector<Cause> causes) {
    std::vector<Draw> draws;
    for (const Cause& cause : causes) {
      const Draft& draft = cause.draft;
      if (cause.known != nullptr || draft.growth.pattern != Pattern::kGrowing) continue;
      if (!draft.limit || !draft.headroom) continue;
      const bool bytes = IsMemory(draft.rule) || draft.rule == kTmpGrowth;
      Draw draw;
      draw.resource = ResourceOf(draft.rule);
      draw.unit = bytes ? "bytes" : draw.resource == kDescriptors ? "descriptors" : "threads and processes";
      draw.per_window = bytes ? cause.per_window_bytes : cause.per_window_count;
      draw.limit = *draft.limit;
      draw.headroom = *draft.headroom;
      draw.first_seen = draft.first_seen;
      draws.push_back(draw);
    }
    for (Draft& draft : ApproachingLimits(draws)) {
      Cause cause;
      cause.fingerprint = Fingerprint(draft.rule, {}, draft.pattern);
      cause.per_window_bytes = draft.growth.bytes_per_window;
      cause.per_window_count = draft.growth.count_per_window;
      cause.draft = std::move(draft);
      causes.push_back(std::move(cause));
    }
    return causes;
  }

  // What one cause has brought about in several places becomes one.
  std::vector<Cause> Causes(Drafts drafts, const StackNamer& name) {
    std::sort(drafts.begin(), drafts.end(),
              [](const Draft& a, const Draft& b) { return BySize(a) < BySize(b); });
    std::map<std::string_view, std::size_t> named;  // by rule
    std::map<std::tuple<std::string_view, std::string, const KnownSurvivor*>, std::size_t> places;
    std::vector<Cause> causes;
    for (Draft& draft : drafts) {
      if (IsKnownGarbage(draft)) continue;
      if (++named[draft.rule] > options_.max_findings * kNamedPerFinding) {
        ++left_out_;
        continue;
      }
      Cause cause = Named(std::move(draft), name);
      if (cause.draft.severity < options_.least || cause.draft.rule.empty()) continue;
      // What is known stays apart, or the user's own could hide behind a larger part that is harmless.
      cause.known = Explain(cause.draft.rule, cause.draft.severity, SubjectOf(cause), cause.where);
      const auto [place, is_new] =
          places.try_emplace({cause.draft.rule, cause.fingerprint, cause.known}, causes.size());
      if (is_new)
        causes.push_back(std::move(cause));
      else
        Merge(cause, causes[place->second]);
    }
    return causes;
  }

  // Children of before the baseline don't count: a wrapper script has run some before it became this process.
  bool HadChildren(const ProcessSnapshot& now) {
    if (!ended_children_before_) ended_children_before_ = now.ended_children;
    had_children_ = had_children_ || now.has_children || now.ended_children > *ended_children_before_;
    return had_children_;
  }

  // Naming is what costs; stacks that were found to lie within a collector's runtime aren't named in vain
  // again.
  bool IsKnownGarbage(const Draft& draft) const {
    return options_.least > Severity::kInfo && IsMemory(draft.rule) && collected_.contains(draft.stack) &&
           !OutlastsCollection(draft);
  }

  Cause Named(Draft draft, const StackNamer& name) {
    Cause cause;
    if (name && draft.stack != StackId::kNone) cause.where = name(draft.stack);
    if (!draft.file.empty()) {
      Frame& place = cause.where.emplace_back();
      place.file = draft.file;
      place.line = draft.line;
    }
    if (name && draft.code != StackId::kNone) NameByCode(name(draft.code), draft);
    Suspect suspect = FindSuspect(cause.where);
    if (IsMemory(draft.rule)) {
      cause.name = NameOf(suspect);
      if (suspect.collected) Collected(draft);
      if (suspect.cycles && MayBeCycles(draft.growth)) TakeBackGrowth(draft);
    } else if (suspect.users) {
      cause.name = NameOf(suspect);
    } else {
      suspect =
          {};  // every file that an interpreter opens comes through the same frames: the target tells more
    }
    cause.fingerprint = Fingerprint(draft.rule, IsNamed(draft.rule) ? Suspect() : suspect, draft.pattern);
    cause.per_window_bytes = draft.growth.bytes_per_window;
    cause.per_window_count = draft.growth.count_per_window;
    cause.draft = std::move(draft);
    return cause;
  }

  // What a thread runs names it better than the kernel does, where it is the user's.
  static void NameByCode(const Frames& code, Draft& draft) {
    const Suspect suspect = FindSuspect(code);
    if (!suspect.users || suspect.frame->function.empty()) return;
    draft.subject = PlainFunction(suspect.frame->function);
    draft.pattern = draft.subject;
  }

  // Takes back what was called growth.
  void Collected(Draft& draft) {
    if (collected_.size() >= kMostCollectedKnown) collected_.clear();
    collected_.insert(draft.stack);
    if (!OutlastsCollection(draft)) TakeBackGrowth(draft);
  }

  static void TakeBackGrowth(Draft& draft) {
    if (draft.growth.pattern != Pattern::kGrowing) return;
    draft.growth.pattern = Pattern::kWarming;
    draft.severity = Severity::kInfo;
    draft.rule = draft.rule == kHeapGrowth ? kHeapRetained : std::string_view();
  }

  void Cut(std::vector<Finding>& findings) {
    std::map<std::string, std::size_t> kept;
    std::erase_if(findings, [&](const Finding& finding) {
      const bool beyond = ++kept[finding.rule] > options_.max_findings;
      left_out_ += beyond;
      return beyond;
    });
  }

  Suppressions suppressions_;
  JudgeOptions options_;
  SiteRules heap_;
  SiteRules mappings_;
  SharedCauses heap_causes_;
  SharedCauses mapping_causes_;
  DescriptorRules descriptors_;
  FileRules files_;
  SpaceRule space_;
  EnvironmentRules environment_;
  AttributeRules attributes_;
  LeftRunningRules left_running_;
  FreezeRules freeze_;
  StaticRules statics_;
  VariableRules variables_;
  LineRules lines_;
  std::unordered_set<StackId> collected_;
  std::optional<std::int64_t> ended_children_before_;
  bool had_children_ = false;
  SetAside suppressed_;
  SetAside known_;
  std::int64_t left_out_ = 0;
};

Judge::Judge(Suppressions suppressions, JudgeOptions options)
    : memory_(std::make_unique<Memory>(std::move(suppressions), options)) {}
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;
Judge::~Judge() = default;

std::vector<Finding> Judge::Observe(const Survivors& survivors, const Snapshot& now, const StackNamer& name,
                                    const DataNamer& data) {
  return memory_->Observe(survivors, now, name, data);
}

bool Judge::WantsLines() const {
  return memory_->wants_lines();
}
const Suppressions& Judge::UsedSuppressions() const {
  return memory_->suppressions();
}
const SetAside& Judge::Suppressed() const {
  return memory_->suppressed();
}
const SetAside& Judge::Known() const {
  return memory_->known();
}
std::int64_t Judge::LeftOut() const {
  return memory_->left_out();
}
std::int64_t Judge::Forgotten() const {
  return memory_->forgotten();
}

}  // namespace cleanslate
