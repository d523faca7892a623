#include "snapshot/file_change.h"

namespace cleanslate {

std::optional<FileChange> ChangeOf(const FileEntry* before, const FileEntry* now) {
  if (now == nullptr) return FileChange::kDeleted;
  if (before == nullptr) {
    if (now->found_late && now->born == 0) return std::nullopt;
    return FileChange::kCreated;
  }
  if (before->type != now->type) return FileChange::kModified;
  // A folder's time and size only say that names in it changed, and those speak for themselves; a change of
  // status alone (chmod, a hard link) leaves no data behind.
  if (now->type == FileType::kDirectory) return std::nullopt;
  const bool other_file = before->inode != now->inode || before->device != now->device;
  if (!other_file && before->bytes == now->bytes && before->modified_ns == now->modified_ns) {
    // A writer may have put the old time of modification back; it can't put back the time of the change.
    if (before->changed_ns == now->changed_ns || now->born == before->born) return std::nullopt;
  }
  return now->bytes > before->bytes ? FileChange::kGrown : FileChange::kModified;
}

}  // namespace cleanslate
