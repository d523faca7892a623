#include "analysis/file_rules.h"

#include <algorithm>
#include <set>
#include <utility>

#include "analysis/pattern.h"
#include "analysis/rule_names.h"

namespace cleanslate {
namespace {

constexpr std::size_t kMostStrangers = 4096;
constexpr std::size_t kMostFolders = 4096;

// The watched folder itself may have an id in its name, and every file lies in it.
std::string LocalOrigin(const FileEntry& file) {
  std::string pattern = PathPattern(std::string_view(file.path).substr(file.root));
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos) return pattern;
  const std::size_t end = pattern.find('/', star);
  return end == std::string::npos ? pattern : pattern.substr(0, end);
}

std::string Rooted(const FileEntry& file, const std::string& local) {
  return file.path.substr(0, file.root) + local;
}

std::int64_t Bytes(const ChangedFile& changed) {
  return changed.file.type == FileType::kRegular ? changed.file.bytes : 0;
}

std::int64_t BytesBefore(const ChangedFile& changed) {
  if (changed.change == FileChange::kCreated) return 0;
  return changed.file.type == FileType::kRegular ? changed.bytes_before : 0;
}

bool WasSeenMade(const FileEntry& file) {
  return file.born != 0 || file.stack != StackId::kNone;
}

// Known origins first, so that a crowd of new ones can't take the place of one that has just grown. Only what
// has grown can be seen to grow on, so a series begins with a rise; its level is the one since then.
void Move(History<std::string>& history, WindowNumber window, const std::map<std::string, Amount>& changes) {
  std::vector<const std::pair<const std::string, Amount>*> newcomers;
  for (const auto& change : changes) {
    const auto& [key, by] = change;
    if (Series* const series = history.Find(key); series != nullptr)
      series->Observe(window, {series->level().count + by.count, series->level().bytes + by.bytes});
    else if (by.count > 0 || by.bytes > 0)
      newcomers.push_back(&change);
  }
  for (const auto* change : newcomers)
    if (Series* const series = history.Begin(change->first, window - 1, {}); series != nullptr)
      series->Observe(window, change->second);
}

}  // namespace

bool FileRules::IsOurs(const ChangedFile& changed) {
  const FileEntry& file = changed.file;
  const bool seen_now = WasSeenMade(file) && file.born >= file.since;
  if (changed.change == FileChange::kCreated) {
    if (seen_now) return true;
    if (WasSeenMade(file) && strangers_.size() < kMostStrangers) strangers_.insert(file.path);
    return false;
  }
  if (!strangers_.contains(file.path)) return WasSeenMade(file);
  const bool made_ours = seen_now && changed.change != FileChange::kDeleted;
  if (made_ours || changed.change == FileChange::kDeleted) strangers_.erase(file.path);
  return made_ours;
}

std::string FileOrigin(const FileEntry& file) {
  return Rooted(file, LocalOrigin(file));
}

Draft FileRules::DraftOf(const std::string& origin, const Group& group) const {
  Draft draft;
  draft.stack = group.example->file.stack;
  draft.pattern = group.local;
  draft.subject = group.several ? origin : group.example->file.path;
  draft.noun = !group.folders ? "file" : group.files ? "file or folder" : "folder";
  return draft;
}

void FileRules::Observe(WindowNumber window, const std::vector<ChangedFile>& files, bool children,
                        Drafts& drafts) {
  if (window == 0) return;  // what was there before the first invocation is nobody's residue
  std::map<std::string, Group> groups;
  for (const ChangedFile& changed : files) {
    const std::string local = LocalOrigin(changed.file);
    Group& group = groups[Rooted(changed.file, local)];
    if (group.local.empty()) {
      group.local = local;
      group.folder = Rooted(changed.file, FolderPattern(local));
    }
    const bool deleted = changed.change == FileChange::kDeleted;
    if (IsOurs(changed) || children) {
      group.bytes += deleted ? -BytesBefore(changed) : Bytes(changed) - BytesBefore(changed);
      group.count += deleted ? -1 : changed.change == FileChange::kCreated ? 1 : 0;
    }
    if (deleted) continue;
    if (group.example != nullptr && group.example->file.path != changed.file.path) group.several = true;
    // The outermost: a folder comes before what is in it.
    if (group.example == nullptr) group.example = &changed;
    ++group.left;
    group.left_bytes += Bytes(changed);
    (changed.file.type == FileType::kDirectory ? group.folders : group.files) = true;
  }

  std::map<std::string, Amount> by_origin, by_folder;
  for (const auto& [origin, group] : groups) {
    by_origin[origin] = {group.count, group.bytes};
    by_folder[group.folder].count += group.count;
  }
  Move(origins_, window, by_origin);
  Move(folders_, window, by_folder);

  for (const auto& [origin, group] : groups) {
    if (group.example == nullptr || (common_.size() >= kMostFolders && !common_.contains(group.folder)))
      continue;
    const auto [at, is_new] = common_.try_emplace(group.folder, origin);
    if (!is_new) at->second = CommonPattern(at->second, origin);
  }

  std::set<std::string> accounted_for;  // folders in which a pattern grows
  std::map<std::string, Group> in_folders;
  Drafts residue;
  for (const auto& [origin, group] : groups) {
    if (group.example == nullptr) continue;
    Draft draft = DraftOf(origin, group);
    Series* const series = origins_.Find(origin);
    if (series != nullptr && window > 1) draft.growth = series->Judge();
    draft.first_seen = series != nullptr && series->first_rise() != 0 ? series->first_rise() : window;
    if (draft.growth.pattern == Pattern::kGrowing) {
      draft.rule = kTmpGrowth;
      draft.severity = Severity::kWarning;
      draft.count = series->level().count;
      draft.bytes = series->level().bytes;
      if (draft.growth.by_bytes && !group.several) {
        draft.count = 1;
        draft.bytes = Bytes(*group.example);
      } else {
        // Each window has a name of its own.
        draft.subject = origin;
      }
      accounted_for.insert(group.folder);
      drafts.push_back(std::move(draft));
      continue;
    }
    const bool renewed = !WasSeenMade(group.example->file) ? group.example->change != FileChange::kCreated
                                                           : series == nullptr || !series->rose();
    if (window > 1 && renewed) draft.growth.pattern = Pattern::kReplaced;
    draft.rule = kTmpResidue;
    draft.count = group.left;
    draft.bytes = group.left_bytes;
    residue.push_back(std::move(draft));
    Group& folder = in_folders[group.folder];
    folder.several = true;
    folder.folders = folder.folders || group.folders;
    folder.files = folder.files || group.files;
    if (folder.example == nullptr) {
      folder.example = group.example;
      folder.local = FolderPattern(group.local);
    }
  }
  for (const auto& [folder, group] : in_folders) {
    Series* const series = folders_.Find(folder);
    if (series == nullptr || window <= 1 || accounted_for.contains(folder)) continue;
    Draft draft = DraftOf(folder, group);
    draft.growth = series->Judge();
    if (draft.growth.pattern != Pattern::kGrowing) continue;
    draft.rule = kTmpGrowth;
    draft.severity = Severity::kWarning;
    // "/tmp/job-*" tells more than "/tmp/*".
    const auto common = common_.find(folder);
    if (common != common_.end() && common->second.size() > draft.subject.size())
      draft.subject = common->second;
    draft.count = series->level().count;
    draft.first_seen = series->first_rise();
    drafts.push_back(std::move(draft));
  }
  std::move(residue.begin(), residue.end(), std::back_inserter(drafts));
}

}  // namespace cleanslate
