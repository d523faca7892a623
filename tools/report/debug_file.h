#pragma once

// From an address to functions, files and lines: reads the DWARF debug information (versions 2 to 5, of any
// compiled language) of one program, library or separate debug file, through libdw. Where there is none for
// an address, the file's symbol table gives the function's name alone.
//
// An address is one of the file itself, as its symbols and its debug information have it: what a report calls
// `offset`. It needs no translation for position-independent files (the loader's bias is taken off already),
// for others (their bias is 0), nor between a stripped file and what was split off (strip moves no address).
//
// What is corrupt reads as absent, as far as libdw notices: DebugReader is for files that come from
// elsewhere. One thread.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "analysis/frame.h"

namespace cleanslate {

class DebugFile {
 public:
  // Errors, without the path: "No such file or directory", "it is not an ELF file".
  static absl::StatusOr<DebugFile> Open(const std::string& path);

  DebugFile(DebugFile&&) noexcept;
  DebugFile& operator=(DebugFile&&) noexcept;
  ~DebugFile();

  // False where addresses have a function's name at best.
  bool has_lines() const;

  // The function that holds the address, before it those that the compiler inlined there: innermost first,
  // each with the place of the call. Only function, file and line are set. Empty when nothing is known.
  Frames FramesAt(std::uint64_t address);

 private:
  struct State;
  explicit DebugFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cleanslate
