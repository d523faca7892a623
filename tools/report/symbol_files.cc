#include "report/symbol_files.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "report/elf_handle.h"
#include "report/safe_text.h"

namespace cleanslate {
namespace {

namespace fs = std::filesystem;

SymbolContent ContentOf(const ElfHandle& elf) {
  SymbolContent content = SymbolContent::kNothing;
  elf.VisitSections([&content](Elf_Scn*, const GElf_Shdr& header, const std::string& name) {
    if (name == ".debug_info" || name == ".zdebug_info") content = SymbolContent::kLines;
    if (header.sh_type == SHT_SYMTAB) content = std::max(content, SymbolContent::kFunctions);
    return content == SymbolContent::kLines;
  });
  return content;
}

std::string PlainName(std::string_view name) {
  name = name.substr(name.rfind('/') + 1);
  constexpr std::string_view kDebug = ".debug";
  if (name.ends_with(kDebug)) name.remove_suffix(kDebug.size());
  return std::string(name);
}

absl::Status Unusable(const std::string& path, const std::string& reason, const std::string& advice) {
  return absl::UnavailableError("--symbols: cannot read " + Visible(path) + ": " + reason +
                                (advice.empty() ? "" : ": " + advice));
}

}  // namespace

absl::Status SymbolFiles::Add(const std::string& path) {
  constexpr const char* kMissing =
      "give an unstripped program or library, its .debug file, or a folder of them";
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    const bool missing = !error || error == std::errc::no_such_file_or_directory;
    return Unusable(path, missing ? "No such file or directory" : error.message(), kMissing);
  }
  places_.push_back(path);
  if (fs::is_directory(status)) {
    const fs::directory_iterator readable(path, error);
    if (error) return Unusable(path, error.message(), "");
    AddFolder(path);
    return absl::OkStatus();
  }
  const absl::StatusOr<ElfHandle> elf = ElfHandle::Open(path);
  if (!elf.ok()) return Unusable(path, std::string(elf.status().message()), kMissing);
  SymbolFile file{path, elf->BuildId(), ContentOf(*elf), places_.size() - 1};
  if (file.build_id.empty()) {
    return Unusable(path, "it has no build id, or is damaged",
                    "link with -Wl,--build-id, and give the files of that build");
  }
  Keep(std::move(file));
  return absl::OkStatus();
}

void SymbolFiles::AddFolder(const std::string& path) {
  std::size_t seen = 0;
  // Folders that wait; the last is next.
  std::vector<fs::path> folders = {path};
  while (!folders.empty()) {
    const fs::path folder = std::move(folders.back());
    folders.pop_back();
    std::error_code error;
    std::vector<fs::path> files;
    std::vector<fs::path> deeper;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      if (++seen > kMostFiles) break;
      std::error_code unknown;
      const bool is_folder = !entry->is_symlink(unknown) && entry->is_directory(unknown);
      if (is_folder) deeper.push_back(entry->path());
      if (!is_folder && entry->is_regular_file(unknown)) files.push_back(entry->path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& each : files) {
      const absl::StatusOr<ElfHandle> elf = ElfHandle::Open(each.string());
      if (!elf.ok()) continue;
      SymbolFile file{each.string(), elf->BuildId(), ContentOf(*elf), places_.size() - 1};
      if (!file.build_id.empty() && file.content != SymbolContent::kNothing) Keep(std::move(file));
    }
    if (seen > kMostFiles) {
      warnings_.push_back("--symbols: only the first " + std::to_string(kMostFiles) + " files of " +
                          Visible(path) + " were looked at: give a folder with less in it");
      return;
    }
    std::sort(deeper.rbegin(), deeper.rend());
    std::move(deeper.begin(), deeper.end(), std::back_inserter(folders));
  }
}

void SymbolFiles::Keep(SymbolFile file) {
  build_id_of_name_.try_emplace(PlainName(file.path), file.build_id);
  const auto [known, is_new] = by_build_id_.try_emplace(file.build_id, file);
  if (!is_new && known->second.content < file.content) known->second = std::move(file);
}

const SymbolFile* SymbolFiles::Find(const std::string& build_id) const {
  const auto found = by_build_id_.find(build_id);
  return found != by_build_id_.end() ? &found->second : nullptr;
}

const SymbolFile* SymbolFiles::FindNamed(const std::string& module) const {
  const auto named = build_id_of_name_.find(PlainName(module));
  return named != build_id_of_name_.end() ? Find(named->second) : nullptr;
}

}  // namespace cleanslate
