#pragma once

// `--reports FILE`: every report line of the run. Opened before anything starts. A file in a folder that the
// library walks would be a survivor of the function's: its lines are kept until the function has ended.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cleanslate {

class ReportsFile {
 public:
  // `watched` is CLEANSLATE_TMP: colon-separated folders.
  static absl::StatusOr<ReportsFile> Open(const std::string& path, std::string_view watched);

  ReportsFile(ReportsFile&& other) noexcept;
  ReportsFile& operator=(ReportsFile&&) = delete;
  ~ReportsFile();

  void Add(std::string_view line);
  // Everything is written from here on. False when some line could not be: errno says why.
  bool Flush();

 private:
  ReportsFile(int descriptor, bool deferred) : descriptor_(descriptor), deferred_(deferred) {}
  void Write(std::string_view text);

  int descriptor_;
  bool deferred_;
  int error_ = 0;
  std::string pending_;
};

}  // namespace cleanslate
