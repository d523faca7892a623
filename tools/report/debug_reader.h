#pragma once

// A DebugFile in a process of its own. libdw trusts what it reads: in a damaged file it may read past the
// end, or not come back. Then only that process ends, and the command goes on without the lines of this file.
//
// The process has no work of its own, prints nothing, and ends with this value. One thread; nothing else may
// be in the middle of anything when it is started (fork(2)).

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>

#include "analysis/frame.h"

namespace cleanslate {

class DebugReader {
 public:
  explicit DebugReader(const std::string& path);
  DebugReader(DebugReader&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        socket_(std::exchange(other.socket_, -1)),
        has_lines_(other.has_lines_) {}
  DebugReader(const DebugReader&) = delete;
  DebugReader& operator=(const DebugReader&) = delete;
  DebugReader& operator=(DebugReader&&) = delete;
  ~DebugReader() { End(); }

  // See DebugFile. Without lines too when the file can't be read; not any more when the process has ended.
  bool has_lines() const { return pid_ > 0 && has_lines_; }
  Frames FramesAt(std::uint64_t address);

  // -1 when it has ended.
  pid_t pid() const { return pid_; }

 private:
  void End();

  pid_t pid_ = -1;
  int socket_ = -1;
  bool has_lines_ = false;
};

}  // namespace cleanslate
