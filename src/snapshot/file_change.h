#pragma once

// What becomes of a name in a watched folder between two looks at it.

#include <optional>

#include "snapshot/snapshot.h"

namespace cleanslate {

// Pure; paths aren't looked at. Null stands for a name that isn't there, at one end at most. Nothing when the
// name holds what it held, or was only found late.
std::optional<FileChange> ChangeOf(const FileEntry* before, const FileEntry* now);

}  // namespace cleanslate
