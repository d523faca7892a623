#pragma once

// Adds to the frames of reports what debug information knows: the source file and line of the call, the
// functions that were inlined there, names of functions that were stripped. The reports carry module, build
// id and offset for it; `--symbols` names the files.
//
//   absl::StatusOr<SourceLines> lines = SourceLines::Open(paths);
//   lines->AddTo(report);                                     // each report, before it is aggregated
//   for (const std::string& warning : lines->Warnings()) ...  // at the end
//
// Matched by build id only: lines of another build would be wrong lines. With no paths it does nothing. Each
// file that is read has a process of its own, see DebugReader. One thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "report/debug_reader.h"
#include "report/report.h"
#include "report/symbol_files.h"

namespace cleanslate {

class SourceLines {
 public:
  // Files and folders, see SymbolFiles. Errors: kUnavailable, one line without "cleanslate: ".
  static absl::StatusOr<SourceLines> Open(const std::vector<std::string>& paths);

  SourceLines() = default;  // no paths

  // A frame with a line, or without build id and offset, stays as it is. An inlined call becomes several
  // frames, innermost first, of the same module and offset. The function's name that the report gave stays,
  // where it is one that people can read: subject and message have it too.
  void AddTo(Report& report);

  // One line each: another build's file under the module's name; a file without lines; a file or folder that
  // had nothing for these reports, with the modules and build ids that were wanted.
  std::vector<std::string> Warnings() const;

 private:
  // What the reports asked for, of one build.
  struct Module {
    std::string name;
    std::size_t without_line = 0;  // different offsets
    const SymbolFile* file = nullptr;
    std::optional<DebugReader> debug;
  };

  void AddTo(Frames& frames);
  const Frames& FramesAt(const Frame& frame);
  Module& ModuleOf(const Frame& frame);
  static std::string WarningOf(const Module& module);
  static std::string Wanted(std::vector<std::pair<std::string, const Module*>> modules);

  SymbolFiles files_;
  std::map<std::string, Module> modules_;  // by build id
  absl::flat_hash_map<std::pair<std::string, std::uint64_t>, Frames> known_;
};

}  // namespace cleanslate
