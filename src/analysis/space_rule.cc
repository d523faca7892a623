#include "analysis/space_rule.h"

#include <utility>

#include "analysis/message.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

// File systems keep accounts of their own: what is less than this comes and goes.
constexpr std::int64_t kStep = 64 * 1024;

}  // namespace

void SpaceRule::Observe(WindowNumber window, const FileSnapshot& files, Drafts& drafts) {
  if (!files.unaccounted) return;
  const std::int64_t bytes = *files.unaccounted / kStep * kStep;
  series_.Observe(window, {0, bytes});
  const Growth growth = series_.Judge();
  if (growth.pattern != Pattern::kGrowing) return;
  Draft draft;
  draft.rule = kTmpGrowth;
  draft.severity = Severity::kWarning;
  draft.subject = draft.pattern = files.folder;
  draft.fact = Size(static_cast<double>(bytes)) + " of the file system of " + files.folder +
               " are taken by no file that has a name there: deleted, and held by a process or a mapping";
  draft.unit = "bytes";
  draft.count = 1;
  draft.bytes = bytes;
  draft.growth = growth;
  draft.first_seen = series_.first_rise();
  drafts.push_back(std::move(draft));
}

}  // namespace cleanslate
