#pragma once

// Names the functions of call stacks of this very process and its static variables, from the symbol tables of
// the files that are loaded: the full table where the file or its separate debug file
// (/usr/lib/debug/.build-id) has one, otherwise what it exports. File and line stay empty. What can't be
// named comes back with less: code that no file holds (a just-in-time compiler's) as a frame with nothing in
// it.
//
// COLD; one thread at a time. Never throws. Bounded: a file is indexed once, `kMostFunctions` and
// `kMostVariables` of all files together; a name costs one small read, once.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/data_name.h"
#include "analysis/frame.h"
#include "record/frame_address.h"
#include "report/elf_file.h"
#include "snapshot/loaded_modules.h"

namespace cleanslate {

class Symbolizer {
 public:
  static constexpr std::size_t kMostFunctions = std::size_t{2} << 20;    // 16 bytes each
  static constexpr std::size_t kMostVariables = std::size_t{256} << 10;  // likewise

  // One frame for each word of a FrameAddress, in order. Where a call returns to, a frame names the call
  // before it, so that a call that ends its function names that function, and not the next one in the file.
  // Code of an object that another one has replaced at its place keeps its name if it ever had one, and has
  // none otherwise.
  Frames Name(std::span<const std::uintptr_t> addresses) noexcept;

  // The variable that holds `offset` of the loaded file at `path`: an address as the file has it, before the
  // loader moved it. Of several, the innermost.
  DataName NameData(const std::string& path, std::uint64_t offset) noexcept;

 private:
  static constexpr std::size_t kMostFrames = 16384;         // kept by address
  static constexpr std::size_t kMostVariableNames = 16384;  // kept, of all files

  struct Index {
    std::string path;  // of the file that holds the names
    std::string build_id;
    bool full = false;           // static functions are among them
    bool has_functions = false;  // they have been read
    bool has_variables = false;
    std::vector<ElfSymbol> functions;
    std::vector<ElfSymbol> variables;
    std::unordered_map<std::uint64_t, std::string> variable_names;  // by address
  };

  Frame NameOne(const FrameAddress& address);
  Index& IndexOf(const std::string& path);
  std::string FunctionAt(Index& index, std::uint64_t address);
  DataName VariableAt(Index& index, std::uint64_t address);

  LoadedModules modules_;
  std::map<std::string, Index> indexes_;  // by the path of the module
  std::size_t functions_ = 0;             // of all indexes
  std::size_t variables_ = 0;
  std::size_t variable_names_ = 0;
  std::unordered_map<std::uintptr_t, Frame> frames_;  // by FrameAddress::word
};

}  // namespace cleanslate
