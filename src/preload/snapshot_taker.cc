#include "preload/snapshot_taker.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "preload/runtime_api_hooks.h"
#include "record/recorder.h"
#include "snapshot/descriptor_taker.h"
#include "snapshot/process_taker.h"

namespace cleanslate {

namespace {

std::vector<std::string> SplitFolders(std::string_view list) {
  std::vector<std::string> folders;
  while (!list.empty()) {
    const std::string_view folder = list.substr(0, list.find(':'));
    list.remove_prefix(std::min(folder.size() + 1, list.size()));
    if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

FileTakerOptions FileOptions(const Options& options) {
  FileTakerOptions files;
  files.folders = SplitFolders(options.tmp);
  files.birth = [](std::uint64_t device, std::uint64_t inode) { return recorder.FileBirth(device, inode); };
  return files;
}

}  // namespace

SnapshotTaker::SnapshotTaker(const Options& options, std::function<int()> own_descriptor)
    : state_(options.state),
      budget_(options.budget_ms),
      own_descriptor_(std::move(own_descriptor)),
      heap_(recorder),
      files_([&] {
        FileTakerOptions files = FileOptions(options);
        files.excluded = [this](std::uint64_t device, std::uint64_t inode) {
          return device == own_file_.st_dev && inode == own_file_.st_ino;
        };
        return files;
      }()) {}

Snapshot SnapshotTaker::Take(WindowNumber window) {
  const auto deadline = FileTaker::Clock::now() + budget_;
  Snapshot now;
  now.window = window;
  if (Wants(kHeapState)) now.heap = heap_.Take(window);
  if (Wants(kMappingState)) now.mappings = TakeMappings(recorder, window);
  if (Wants(kDescriptorState)) {
    DescriptorTakerOptions options;
    options.excluded = [this](int fd) { return fd == own_descriptor_(); };
    options.birth = [](int fd) { return recorder.DescriptorBirth(fd); };
    options.is_runtime_api = [](int fd) { return IsRuntimeApiConnection(fd); };
    now.descriptors = TakeDescriptors(options);
  }
  // The reports may be written into a folder that is watched.
  if (fstat(own_descriptor_(), &own_file_) != 0) own_file_ = {};
  if (Wants(kTmpState)) now.files = files_.Take(deadline);
  now.process = TakeProcess();
  return now;
}

}  // namespace cleanslate
