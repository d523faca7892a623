#include "preload/snapshot_taker.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "analysis/suspect.h"
#include "base/raw_io.h"
#include "preload/runtime_api_hooks.h"
#include "record/recorder.h"
#include "snapshot/activity_taker.h"
#include "snapshot/attribute_taker.h"
#include "snapshot/child_taker.h"
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

Birth SettingOf(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::kWorkingDirectory:
      return recorder.SettingOf(Attribute::kWorkingDirectory);
    case AttributeKind::kUmask:
      return recorder.SettingOf(Attribute::kUmask);
    case AttributeKind::kLocale:
    case AttributeKind::kSignalHandler:
    case AttributeKind::kResourceLimit:
      break;
  }
  return {};
}

AttributeTakerOptions AttributeOptions() {
  AttributeTakerOptions options;
  options.setting = SettingOf;
  options.signal_setting = [](int signal) {
    return recorder.SettingOf(Attribute::kSignalHandlers, static_cast<unsigned>(signal));
  };
  options.category_setting = [](int category) {
    return recorder.SettingOf(Attribute::kLocale, static_cast<unsigned>(category));
  };
  options.code = [](const void* handler) { return recorder.FunctionAt(handler); };
  return options;
}

Birth TimerSetting(int which) {
  return recorder.SettingOf(Attribute::kTimers, which == kCreatedTimers ? 0 : IntervalTimerKey(which));
}

bool HoldsEnded(const ChildSnapshot& children) {
  return std::any_of(children.children.begin(), children.children.end(),
                     [](const ChildProcess& child) { return child.ended; });
}

// Those that were started tell of themselves as soon as they run.
void AwaitThreads(FileTaker::Clock::time_point deadline) {
  const auto end = std::min(deadline, FileTaker::Clock::now() + ThreadTaker::kPatience);
  while (recorder.threads_on_their_way() > 0 && FileTaker::Clock::now() < end) raw::Call(SYS_sched_yield);
}

}  // namespace

SnapshotTaker::SnapshotTaker(const Options& options, std::function<int()> own_descriptor)
    : state_(options.state),
      own_descriptor_(std::move(own_descriptor)),
      heap_(recorder),
      descriptors_([this] {
        DescriptorTakerOptions descriptors;
        descriptors.excluded = [this](int fd) { return fd == own_descriptor_(); };
        descriptors.birth = [](int fd) { return recorder.DescriptorBirth(fd); };
        descriptors.is_runtime_api = [](int fd) { return IsRuntimeApiConnection(fd); };
        return descriptors;
      }()),
      files_([&] {
        FileTakerOptions files = FileOptions(options);
        files.excluded = [this](std::uint64_t device, std::uint64_t inode) {
          return device == own_file_.st_dev && inode == own_file_.st_ino;
        };
        return files;
      }()),
      threads_([](pid_t tid) { return recorder.ThreadBirthOf(tid); }),
      orphans_([](pid_t pid) { return recorder.ProcessBirth(pid); }),
      environment_([](std::string_view name) {
        const std::uint64_t key = Recorder::NameKey(name.data(), name.size());
        return recorder.SettingOf(Attribute::kEnvironment, key);
      }),
      statics_([] {
        StaticTakerOptions statics;
        statics.watched = [](const std::string& module) { return IsUsersModule(module); };
        return statics;
      }()) {}

bool SnapshotTaker::HoldsTraffic(const std::string& path, std::uint64_t offset, std::size_t bytes) const {
  static constexpr std::string_view kSaid[] = {"/runtime/invocation/", "Lambda-Runtime-", "lambda-runtime-"};
  return statics_.Holds(path, offset, bytes, kSaid);
}

const std::vector<std::string>& SnapshotTaker::Libraries() {
  if (!modules_.Refresh()) return libraries_;
  libraries_.clear();
  for (const LoadedModule& module : modules_.all())
    if (!module.path.empty()) libraries_.push_back(module.path);
  std::sort(libraries_.begin(), libraries_.end());
  return libraries_;
}

Snapshot SnapshotTaker::Take(WindowNumber window, FileTaker::Clock::time_point deadline) {
  // A tenth is kept for what comes behind the files.
  const auto files_deadline = deadline - (deadline - FileTaker::Clock::now()) / 10;
  Snapshot now;
  now.window = window;
  if (Wants(kHeapState)) now.heap = heap_.Take(window);
  if (Wants(kMappingState)) now.mappings = TakeMappings(recorder, window);
  if (Wants(kDescriptorState)) now.descriptors = descriptors_.Take();
  // The reports may be written into a folder that is watched.
  if (fstat(own_descriptor_(), &own_file_) != 0) own_file_ = {};
  now.process = TakeProcess();
  const bool children_ended =
      now.process.ended_children != std::exchange(ended_children_, now.process.ended_children);
  if (Wants(kProcessState)) {
    now.children = TakeChildren([](pid_t pid) { return recorder.ProcessBirth(pid); }, deadline);
    orphans_.AddTo(now.children, window, children_ended || HoldsEnded(now.children), deadline);
  }
  if (Wants(kTmpState)) {
    const bool thorough = now.process.has_children || children_ended || !now.children.children.empty();
    now.files = files_.Take({window, thorough, now.descriptors.open}, files_deadline);
  }
  if (Wants(kThreadState)) {
    AwaitThreads(deadline);
    now.threads = threads_.Take(deadline);
    ThreadTaker::Settle(now.threads, window, deadline);
  }
  if (Wants(kEnvironmentState)) now.environment = environment_.Take();
  if (Wants(kAttributeState)) {
    now.attributes = TakeAttributes(AttributeOptions());
    now.timers = TakeTimers(TimerSetting);
  }
  if (Wants(kStaticState)) now.statics = statics_.Take(deadline);
  if (Wants(kMappingState)) now.libraries = Libraries();
  now.after_response = TakeActivity(recorder.activity(), now);
  return now;
}

}  // namespace cleanslate
