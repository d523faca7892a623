#include "analysis/survivors.h"

#include <algorithm>
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

// Nothing when the name holds what it held. A folder's time and size only say that names in it changed, and
// those speak for themselves; a change of status alone (chmod, a hard link) leaves no data behind.
bool Compare(const FileEntry& before, const FileEntry& now, ChangedFile& changed) {
  changed.file = now;
  changed.bytes_before = before.bytes;
  if (before.type != now.type) {
    changed.change = FileChange::kModified;
    return true;
  }
  if (now.type == FileType::kDirectory) return false;
  const bool other_file = before.inode != now.inode || before.device != now.device;
  if (!other_file && before.bytes == now.bytes && before.modified_ns == now.modified_ns) {
    // A writer may have put the old time of modification back; it can't put back the time of the change.
    if (before.changed_ns == now.changed_ns || now.born == before.born) return false;
  }
  changed.change = now.bytes > before.bytes ? FileChange::kGrown : FileChange::kModified;
  return true;
}

std::vector<ChangedFile> ChangedFiles(const FileSnapshot& before, const FileSnapshot& now) {
  std::vector<ChangedFile> changed;
  auto old = before.entries.begin();
  auto current = now.entries.begin();
  while (old != before.entries.end() || current != now.entries.end()) {
    const int order = old == before.entries.end()    ? 1
                      : current == now.entries.end() ? -1
                                                     : old->path.compare(current->path);
    if (order < 0) {
      changed.push_back({*old, FileChange::kDeleted, old->bytes});
      ++old;
    } else if (order > 0) {
      if (!current->found_late || current->born != 0) changed.push_back({*current, FileChange::kCreated, 0});
      ++current;
    } else {
      ChangedFile difference;
      if (Compare(*old, *current, difference)) changed.push_back(std::move(difference));
      ++old;
      ++current;
    }
  }
  return changed;
}

}  // namespace

Survivors Diff(const Snapshot& before, const Snapshot& now) {
  Survivors survivors;
  survivors.window = now.window;
  survivors.heap = WithSurvivors(now.heap.sites);
  survivors.mappings = WithSurvivors(now.mappings.sites);
  survivors.descriptors = NewDescriptors(before.descriptors, now.descriptors);
  survivors.files = ChangedFiles(before.files, now.files);
  return survivors;
}

}  // namespace cleanslate
