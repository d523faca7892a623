#include "analysis/freeze_rules.h"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "analysis/pattern.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

struct ActivityText {
  const char* before;
  const char* after;
  const char* unnamed;
};

ActivityText TextOf(ActivityKind kind) {
  static constexpr std::array<ActivityText, 6> kTexts = {
      {{"", " is opened", "a descriptor is opened"},
       {"a connection to ", " is opened", "a connection is opened"},
       {"", " is written", "a file is written"},
       {"process ", " is started", "a process is started"},
       {"thread ", " is started", "a thread is started"},
       {"", " is changed", "an attribute is changed"}}};
  return kTexts[static_cast<std::size_t>(kind)];
}

}  // namespace

void FreezeRules::Observe(const Snapshot& now, Drafts& drafts) {
  if (now.window == 0) return;
  ObserveActivities(now.window, now.after_response, drafts);
  ObserveConnections(now.window, now.stale, drafts);
}

void FreezeRules::ObserveActivities(WindowNumber window, const std::vector<Activity>& activities,
                                    Drafts& drafts) {
  struct Origin {
    std::int64_t times = 0;
    const Activity* example = nullptr;
    std::string what;
  };
  std::map<std::string, Origin> origins;
  for (const Activity& activity : activities) {
    const bool peer = activity.kind == ActivityKind::kConnection;
    const std::string what = peer ? activity.what : PathPattern(activity.what);
    const ActivityText text = TextOf(activity.kind);
    Origin& origin = origins[what.empty() ? std::string(text.unnamed) : text.before + what + text.after];
    origin.times += activity.times;
    origin.example = &activity;
    origin.what = what;
  }
  for (const auto& [said, origin] : origins) {
    const Recurrence::Verdict verdict = activities_.Observe(window, said, origin.times);
    Draft draft;
    draft.rule = kPostResponseActivity;
    draft.severity = verdict.recurs() ? Severity::kWarning : Severity::kInfo;
    draft.stack = origin.example->stack;
    draft.subject = origin.what;
    draft.pattern = said;
    draft.fact = said + " after the response was sent";
    draft.by = "by";
    draft.noun = "change";
    draft.unit = "changes";
    draft.count = origin.times;
    draft.growth = verdict.growth;
    draft.first_seen = verdict.first_seen;
    drafts.push_back(std::move(draft));
  }
}

void FreezeRules::ObserveConnections(WindowNumber window, const std::vector<StaleConnection>& stale,
                                     Drafts& drafts) {
  struct Origin {
    std::int64_t used = 0, kept = 0, thrown_away = 0;
    StackId stack = StackId::kNone;
  };
  std::map<std::string, Origin> origins;
  for (const StaleConnection& connection : stale) {
    Origin& origin = origins[connection.peer];
    ++(connection.used ? origin.used : connection.kept ? origin.kept : origin.thrown_away);
    origin.stack = connection.stack;
  }
  for (const auto& [peer, origin] : origins) {
    const bool harmful = origin.used > 0 || origin.kept > 0;
    Recurrence::Verdict verdict;
    verdict.first_seen = window;
    if (harmful) verdict = stale_.Observe(window, peer, origin.used + origin.kept);
    Draft draft;
    draft.rule = kStaleConnection;
    const bool is_warning = origin.used > 0 || verdict.recurs();
    draft.severity = is_warning ? Severity::kWarning : Severity::kInfo;
    draft.stack = origin.stack;
    draft.subject = peer;
    draft.pattern = peer;
    draft.fact = "a connection to " + peer + " that its peer had closed ";
    draft.fact += origin.used > 0   ? "was used by the invocation"
                  : origin.kept > 0 ? "stays in its pool"
                                    : "was thrown away";
    draft.by = ", opened by";
    draft.noun = "connection";
    draft.unit = "connections";
    draft.count = origin.used + origin.kept + origin.thrown_away;
    draft.growth = verdict.growth;
    draft.first_seen = verdict.first_seen;
    drafts.push_back(std::move(draft));
  }
}

}  // namespace cleanslate
