#pragma once

// Finds files with debug information by build id: the GNU note that the linker writes into a program or
// library and that strip(1) and objcopy(1) leave in what they split off. A file's name decides nothing.
//
// Reads the headers of each file once, when it is added. Folders are searched to their depths, in the order
// of names, up to `kMostFiles` files; links to files are followed, links to folders are not. What is
// unreadable or stripped inside a folder is passed over. One thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace cleanslate {

// What naming can get out of a file, the best last.
enum class SymbolContent : std::uint8_t { kNothing, kFunctions, kLines };

struct SymbolFile {
  std::string path;
  std::string build_id;  // lower-case hexadecimal
  SymbolContent content = SymbolContent::kNothing;
  std::size_t place = 0;  // which of `places()` it was found in
};

class SymbolFiles {
 public:
  static constexpr std::size_t kMostFiles = 100'000;

  // A file, or a folder of files. Errors, one line: it can't be read; a file is no ELF file or has no build
  // id.
  absl::Status Add(const std::string& path);

  // What was added, as it was written.
  const std::vector<std::string>& places() const { return places_; }

  // One line for each folder that is too large to be searched whole.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Of several files of one build, the one with the most in it. Null when there is none.
  const SymbolFile* Find(const std::string& build_id) const;

  // A file that has the module's name, with ".debug" behind it or not; null when there is none. For messages.
  const SymbolFile* FindNamed(const std::string& module) const;

 private:
  void AddFolder(const std::string& path);
  void Keep(SymbolFile file);

  std::vector<std::string> places_;
  std::vector<std::string> warnings_;
  std::map<std::string, SymbolFile> by_build_id_;
  std::map<std::string, std::string> build_id_of_name_;  // of a file without its folder and ".debug"
};

}  // namespace cleanslate
