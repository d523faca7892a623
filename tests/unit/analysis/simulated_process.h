#pragma once

// A process made of values: tests say what each window does, and get the findings that a boundary would give.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/judge.h"
#include "analysis/survivors.h"
#include "snapshot/file_change.h"
#include "snapshot/snapshot.h"

namespace cleanslate {

class SimulatedProcess {
 public:
  explicit SimulatedProcess(JudgeOptions options = {}, Suppressions suppressions = {})
      : judge(std::move(suppressions), options) {
    now_.descriptors.limit = 1024;
    judge.Observe(Diff({}, now_), now_, Namer());
  }

  // What happens inside the window that EndWindow closes.
  void Allocate(std::uint32_t stack, std::int64_t blocks, std::int64_t bytes) {
    HeapSite& site = Site(stack);
    site.survived_blocks += blocks;
    site.survived_bytes += bytes;
    site.live_blocks += blocks;
    site.live_bytes += bytes;
  }
  void MapFile(std::uint32_t stack, std::int64_t bytes) {
    HeapSite& site = files_mapped_[stack];
    site.stack = static_cast<StackId>(stack);
    site.of_files = true;
    site.survived_blocks = 1;
    site.survived_bytes = bytes;
    ++site.live_blocks;
    site.live_bytes += bytes;
  }
  // Blocks of earlier windows.
  void Free(std::uint32_t stack, std::int64_t blocks, std::int64_t bytes) {
    HeapSite& site = Site(stack);
    site.live_blocks -= blocks;
    site.live_bytes -= bytes;
  }
  int Open(Descriptor descriptor) {
    descriptor.fd = next_fd_++;
    descriptor.device = 1;
    descriptor.inode = 1000 + static_cast<std::uint64_t>(descriptor.fd);
    descriptor.born = window();
    open_[descriptor.fd] = descriptor;
    return descriptor.fd;
  }
  int OpenFile(const std::string& target, std::uint32_t stack = 0) {
    Descriptor file;
    file.kind = DescriptorKind::kFile;
    file.target = target;
    file.stack = static_cast<StackId>(stack);
    return Open(file);
  }
  int Connect(const std::string& peer, std::uint32_t stack = 0) {
    Descriptor socket;
    socket.kind = DescriptorKind::kSocket;
    socket.target = "socket:[" + std::to_string(next_fd_) + "]";
    socket.local = "tcp 10.0.0.1:" + std::to_string(40000 + next_fd_);
    socket.peer = peer;
    socket.state = "ESTABLISHED";
    socket.stack = static_cast<StackId>(stack);
    return Open(socket);
  }
  void Close(int fd) { open_.erase(fd); }
  void Write(const std::string& path, std::int64_t bytes, std::uint32_t stack = 0) {
    FileEntry& file = files_[path];
    if (file.inode == 0) file.inode = ++next_inode_;
    file.path = path;
    file.bytes = bytes;
    file.modified_ns = file.changed_ns = ++clock_;
    file.born = window();
    file.stack = static_cast<StackId>(stack);
  }
  // By a process that isn't watched.
  // With `born`, its inode was that of a file which this process made in that window.
  void WriteUnseen(const std::string& path, std::int64_t bytes, WindowNumber born = 0) {
    Write(path, bytes);
    files_[path].born = born;
  }
  void EndAChild() { ++now_.process.ended_children; }
  void MakeFolder(const std::string& path) {
    Write(path, 4096);
    files_[path].type = FileType::kDirectory;
  }
  void Delete(const std::string& path) { files_.erase(path); }
  void RootFilesAt(std::uint32_t root) { root_ = root; }

  void NameStack(std::uint32_t stack, std::string function, std::string module) {
    Frame frame;
    frame.function = std::move(function);
    frame.module = std::move(module);
    names[stack] = {frame};
  }

  WindowNumber window() const { return now_.window + 1; }

  std::vector<Finding> EndWindow() {
    Snapshot next = now_;
    next.window = window();
    next.heap.sites.clear();
    for (auto& [stack, site] : touched_) {
      next.heap.sites.push_back(site);
      live_[stack] = site;
      live_[stack].survived_blocks = live_[stack].survived_bytes = 0;
    }
    touched_.clear();
    next.mappings.sites.clear();
    for (auto& [stack, site] : files_mapped_) {
      next.mappings.sites.push_back(site);
      site.survived_blocks = site.survived_bytes = 0;
    }
    next.descriptors.open.clear();
    for (const auto& [fd, descriptor] : open_) next.descriptors.open.push_back(descriptor);
    next.files.changed = ChangedFiles();
    const Survivors survivors = Diff(now_, next);
    now_ = std::move(next);
    return judge.Observe(survivors, now_, Namer());
  }

  // Ends `windows` windows, each after `act`, and returns the first that had a finding of `least` or worse;
  // 0: none.
  WindowNumber FirstFinding(WindowNumber windows, const std::function<void(WindowNumber)>& act,
                            Severity least = Severity::kWarning) {
    for (WindowNumber i = 0; i < windows; ++i) {
      const WindowNumber ending = window();
      act(ending);
      last = EndWindow();
      for (const Finding& finding : last)
        if (finding.severity >= least) return ending;
    }
    return 0;
  }

  Judge judge;
  std::map<std::uint32_t, Frames> names;
  std::int64_t asked = 0;     // stacks that were asked the name of
  std::vector<Finding> last;  // of FirstFinding's last window

 private:
  std::vector<ChangedFile> ChangedFiles() {
    std::map<std::string, std::pair<const FileEntry*, const FileEntry*>>
        ends;  // at the window's ends, by path
    for (auto& [path, file] : files_before_) ends[path].first = &file;
    for (auto& [path, file] : files_) {
      file.root = root_;
      ends[path].second = &file;
    }
    std::vector<ChangedFile> changed;
    for (const auto& [path, end] : ends) {
      const auto [before, now] = end;
      const std::optional<FileChange> change = ChangeOf(before, now);
      if (!change) continue;
      changed.push_back({now != nullptr ? *now : *before, *change, before != nullptr ? before->bytes : 0});
      changed.back().file.since = window();
    }
    files_before_ = files_;
    return changed;
  }
  HeapSite& Site(std::uint32_t stack) {
    const auto [at, is_new] = touched_.try_emplace(stack, live_[stack]);
    at->second.stack = static_cast<StackId>(stack);
    return at->second;
  }
  StackNamer Namer() {
    return [this](StackId stack) {
      ++asked;
      return names[static_cast<std::uint32_t>(stack)];
    };
  }

  Snapshot now_;
  std::map<std::uint32_t, HeapSite> live_;
  std::map<std::uint32_t, HeapSite> touched_;
  std::map<std::uint32_t, MappingSite> files_mapped_;
  std::map<int, Descriptor> open_;
  std::map<std::string, FileEntry> files_, files_before_;
  int next_fd_ = 3;
  std::uint64_t next_inode_ = 0;
  std::int64_t clock_ = 0;
  std::uint32_t root_ = 0;
};

}  // namespace cleanslate
