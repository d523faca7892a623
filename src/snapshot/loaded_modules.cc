#include "snapshot/loaded_modules.h"

#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

namespace cleanslate {
namespace {

std::string ReadMaps() {
  constexpr std::size_t kMost = std::size_t{8} << 20;
  std::string text;
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::string buffer(16384, '\0');
  for (ssize_t count; text.size() < kMost && (count = read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer, 0, static_cast<std::size_t>(count));
  }
  close(fd);
  return text;
}

// In the list of mappings a newline is written as "\012", and a backslash as it is.
std::string WithNewlines(std::string path) {
  constexpr std::string_view kNewline = "\\012";
  for (std::size_t at = 0; (at = path.find(kNewline, at)) != std::string::npos; ++at)
    path.replace(at, kNewline.size(), "\n");
  return path;
}

// Of the mapping that holds `address`, as proc(5) writes them: "start-end rights offset device inode   path".
std::string PathInMaps(std::string_view maps, std::uintptr_t address) {
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(maps.size(), line.size() + 1));
    std::uintptr_t start = 0;
    std::uintptr_t end = 0;
    const auto dash = std::from_chars(line.data(), line.data() + line.size(), start, 16).ptr;
    if (dash == line.data() + line.size()) continue;
    std::from_chars(dash + 1, line.data() + line.size(), end, 16);
    if (address < start || address >= end) continue;
    const std::size_t path = line.find('/');
    if (path == std::string_view::npos) return {};
    constexpr std::string_view kDeleted = " (deleted)";
    std::string_view text = line.substr(path);
    if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
    std::string written(text);
    return access(written.c_str(), F_OK) == 0 ? written : WithNewlines(std::move(written));
  }
  return {};
}

// What `hole` leaves of a segment, at either end.
void AddWithout(const ElfW(Phdr) * hole, std::uintptr_t bias, const ElfW(Phdr) & segment,
                std::vector<DataSegment>& data) {
  const std::uint64_t start = segment.p_vaddr;
  const std::uint64_t end = start + segment.p_memsz;
  const std::uint64_t file_end = start + segment.p_filesz;
  const auto add = [&](std::uint64_t from, std::uint64_t to) {
    if (from >= to) return;
    DataSegment& part = data.emplace_back();
    part.start = bias + from;
    part.bytes = to - from;
    part.file_offset = segment.p_offset + (from - start);
    part.file_bytes = from < file_end ? std::min(to, file_end) - from : 0;
  };
  const std::uint64_t hole_start =
      hole == nullptr ? end : std::clamp<std::uint64_t>(hole->p_vaddr, start, end);
  const std::uint64_t hole_end =
      hole == nullptr ? end : std::clamp<std::uint64_t>(hole->p_vaddr + hole->p_memsz, start, end);
  add(start, hole_start);
  add(hole_end, end);
}

std::vector<DataSegment> DataOf(const dl_phdr_info& info) {
  const ElfW(Phdr)* const begin = info.dlpi_phdr;
  const ElfW(Phdr)* const end = begin + info.dlpi_phnum;
  const auto* relro =
      std::find_if(begin, end, [](const ElfW(Phdr) & segment) { return segment.p_type == PT_GNU_RELRO; });
  std::vector<DataSegment> data;
  for (const auto* segment = begin; segment != end; ++segment) {
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) == 0) continue;
    AddWithout(relro == end ? nullptr : relro, info.dlpi_addr, *segment, data);
  }
  return data;
}

struct Copy {
  std::vector<LoadedModule> modules;
  std::vector<std::vector<std::pair<std::uintptr_t, std::uintptr_t>>> code;  // of each module
  bool failed = false;
};

int CopyModule(dl_phdr_info* info, std::size_t, void* context) {
  auto* copy = static_cast<Copy*>(context);
  // An exception must not pass through the loader.
  try {
    LoadedModule module;
    module.path = info->dlpi_name == nullptr ? "" : info->dlpi_name;
    module.bias = info->dlpi_addr;
    module.data = DataOf(*info);
    auto& code = copy->code.emplace_back();
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const ElfW(Phdr)& segment = info->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
      const std::uintptr_t start = info->dlpi_addr + segment.p_vaddr;
      code.emplace_back(start, start + segment.p_memsz);
    }
    copy->modules.push_back(std::move(module));
    return 0;
  } catch (...) {
    copy->failed = true;
    return 1;
  }
}

int CopyCounters(dl_phdr_info* info, std::size_t, void* context) {
  auto* counters = static_cast<unsigned long long*>(context);
  counters[0] = info->dlpi_adds;
  counters[1] = info->dlpi_subs;
  return 1;
}

}  // namespace

bool LoadedModules::Refresh() {
  unsigned long long counters[2] = {};
  dl_iterate_phdr(&CopyCounters, counters);
  if (!modules_.empty() && counters[0] == loaded_ && counters[1] == unloaded_) return false;
  Copy copy;
  dl_iterate_phdr(&CopyModule, &copy);
  if (copy.failed) return false;

  std::string maps;
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < copy.modules.size(); ++i) {
    LoadedModule& module = copy.modules[i];
    for (const auto& [start, end] : copy.code[i]) ranges.push_back({start, end, i});
    if (copy.code[i].empty()) continue;
    if (!module.path.starts_with('/')) {
      // The program itself has no name in the list, and a relative one held only where it was loaded.
      if (maps.empty()) maps = ReadMaps();
      std::string path = PathInMaps(maps, copy.code[i].front().first);
      if (path.empty() && module.path.starts_with("linux-vdso")) module.name = "[vdso]";
      module.path = std::move(path);
    }
    if (module.name.empty()) module.name = module.path.substr(module.path.rfind('/') + 1);
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.start < b.start; });

  modules_ = std::move(copy.modules);
  ranges_ = std::move(ranges);
  loaded_ = counters[0];
  unloaded_ = counters[1];
  return true;
}

const LoadedModule* LoadedModules::Find(std::uintptr_t address) const {
  auto after = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                [](std::uintptr_t value, const Range& range) { return value < range.start; });
  if (after == ranges_.begin()) return nullptr;
  const Range& range = *std::prev(after);
  return address < range.end ? &modules_[range.module] : nullptr;
}

}  // namespace cleanslate
