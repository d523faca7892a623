#include "report/source_lines.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "report/safe_text.h"
#include "report/wording.h"

namespace cleanslate {
namespace {

constexpr std::size_t kMostKnown = 200'000;   // stacks of frames that are remembered
constexpr std::size_t kMostNamedModules = 3;  // modules in a warning
constexpr std::size_t kMostWarnings = 8;      // about files
constexpr std::size_t kLongestName = 80;

template <typename Visitor>
void VisitStacks(Report& report, Visitor visit) {
  const auto all = [&visit](auto& entries) {
    for (auto& entry : entries) visit(entry.where);
  };
  all(report.findings);
  Survived& survived = report.survived;
  all(survived.heap.sites);
  all(survived.mappings);
  all(survived.descriptors);
  all(survived.files);
  all(survived.threads);
  all(survived.processes);
  all(survived.environment);
  all(survived.process);
  all(survived.variables);
}

bool IsWanted(const Frame& frame) {
  return frame.line == 0 && !frame.build_id.empty() && frame.offset != 0;
}

bool IsReadable(std::string_view function) {
  return !function.empty() && !function.starts_with("_Z") && !function.starts_with("_R");
}

std::string Shown(std::string_view text) {
  return Cut(Visible(text), kLongestName);
}

}  // namespace

absl::StatusOr<SourceLines> SourceLines::Open(const std::vector<std::string>& paths) {
  SourceLines lines;
  for (const std::string& path : paths) {
    if (absl::Status status = lines.files_.Add(path); !status.ok()) return status;
  }
  return lines;
}

void SourceLines::AddTo(Report& report) {
  if (files_.places().empty()) return;
  VisitStacks(report, [this](Frames& frames) { AddTo(frames); });
}

void SourceLines::AddTo(Frames& frames) {
  if (std::none_of(frames.begin(), frames.end(), IsWanted)) return;
  Frames all;
  all.reserve(frames.size());
  for (Frame& frame : frames) {
    const std::size_t first = all.size();
    if (IsWanted(frame)) {
      const Frames& found = FramesAt(frame);
      all.insert(all.end(), found.begin(), found.end());
    }
    if (all.size() == first) {
      all.push_back(std::move(frame));
      continue;
    }
    for (std::size_t i = first; i < all.size(); ++i) {
      all[i].module = frame.module;
      all[i].build_id = frame.build_id;
      all[i].offset = frame.offset;
    }
    if (IsReadable(frame.function) || all.back().function.empty()) all.back().function = frame.function;
  }
  frames = std::move(all);
}

const Frames& SourceLines::FramesAt(const Frame& frame) {
  if (known_.size() >= kMostKnown) known_.clear();
  const auto [known, is_new] = known_.try_emplace({frame.build_id, frame.offset});
  if (!is_new) return known->second;
  Module& module = ModuleOf(frame);
  if (module.debug) known->second = module.debug->FramesAt(frame.offset);
  if (known->second.empty() || known->second.front().line == 0) ++module.without_line;
  return known->second;
}

SourceLines::Module& SourceLines::ModuleOf(const Frame& frame) {
  const auto [found, is_new] = modules_.try_emplace(frame.build_id);
  Module& module = found->second;
  if (!is_new) return module;
  module.name = frame.module;
  module.file = files_.Find(frame.build_id);
  if (module.file != nullptr) module.debug.emplace(module.file->path);
  return module;
}

std::vector<std::string> SourceLines::Warnings() const {
  std::vector<std::string> warnings = files_.warnings();
  std::set<std::size_t> explained;  // places
  std::vector<std::pair<std::string, const Module*>> unmatched;
  std::size_t of_files = 0;
  for (const auto& [build_id, module] : modules_) {
    std::string warning;
    if (module.file != nullptr) {
      explained.insert(module.file->place);
      warning = WarningOf(module);
    } else {
      unmatched.emplace_back(build_id, &module);
      if (const SymbolFile* other = files_.FindNamed(module.name)) {
        explained.insert(other->place);
        warning = Visible(other->path) + " is of another build of " + Shown(module.name) +
                  ": its build id is " + other->build_id + ", the reports have " + Shown(build_id) +
                  "; give the files of the build that ran";
      }
    }
    if (!warning.empty() && ++of_files <= kMostWarnings) warnings.push_back("--symbols: " + warning);
  }
  if (unmatched.empty()) return warnings;
  const std::string wanted = Wanted(std::move(unmatched));
  for (std::size_t place = 0; place < files_.places().size(); ++place) {
    if (explained.contains(place)) continue;
    warnings.push_back("--symbols: nothing in " + Visible(files_.places()[place]) +
                       " is of a build that ran: " + wanted);
  }
  return warnings;
}

// Why a file of the right build gives no lines; empty when it does.
std::string SourceLines::WarningOf(const Module& module) {
  const std::string path = Visible(module.file->path);
  switch (module.file->content) {
    case SymbolContent::kNothing:
      return path +
             " has no debug information: give the file as it was before it was stripped, or its .debug file";
    case SymbolContent::kFunctions:
      return path + " names functions but no lines: compile with -g";
    case SymbolContent::kLines:
      break;
  }
  if (module.debug && module.debug->has_lines()) return {};
  return "the debug information of " + path + " can't be read: it is damaged, or compressed in a way that " +
         "libdw can't open (objcopy --decompress-debug-sections)";
}

// "12 frames have no line, of leaky (build id 00ff17), libc.so.6 (build id ...) and 3 more modules".
std::string SourceLines::Wanted(std::vector<std::pair<std::string, const Module*>> modules) {
  std::sort(modules.begin(), modules.end(), [](const auto& a, const auto& b) {
    return std::tuple(b.second->without_line, a.first) < std::tuple(a.second->without_line, b.first);
  });
  std::int64_t frames = 0;
  std::string names;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    frames += static_cast<std::int64_t>(modules[i].second->without_line);
    if (i >= kMostNamedModules) continue;
    names +=
        (i == 0 ? "" : ", ") + Shown(modules[i].second->name) + " (build id " + Shown(modules[i].first) + ")";
  }
  if (modules.size() > kMostNamedModules) {
    names += " and " + Counted(static_cast<std::int64_t>(modules.size() - kMostNamedModules), "more module");
  }
  return Counted(frames, "frame") + (frames == 1 ? " has" : " have") + " no line, of " + names;
}

}  // namespace cleanslate
