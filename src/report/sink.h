#pragma once

// Where report lines go: CLEANSLATE_OUTPUT. It writes inside somebody else's process, so it never blocks for
// more than a few milliseconds, never raises SIGPIPE, never throws, and leaves errno as it was.
//
// A line is one write(2) with its newline, so that a pipe keeps lines of up to PIPE_BUF (4,096) bytes whole
// (pipe(7)). `stderr` and `stdout` are descriptors 2 and 1 as they are at that moment. A file is opened at
// the first line, for appending, on a high descriptor number with close-on-exec; before each line its device
// and inode are compared, as the host may have closed the number and opened something else there; then the
// file is opened once more, and the host's descriptor is left alone.
//
// One thread at a time; the conductor calls it at boundaries.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cleanslate {

struct SinkTarget {
  int descriptor = 2;  // 1 or 2; not used when `path` is set
  std::string path;
};

// "stderr", "stdout" or "file:PATH" with a path that is not empty; nothing for any other value.
std::optional<SinkTarget> ParseOutput(std::string_view value);

class Sink {
 public:
  explicit Sink(SinkTarget target) noexcept : target_(std::move(target)) {}
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // False when the line was dropped: nobody reads the pipe, the disk is full, the descriptor is closed. The
  // first failure of a file is told on stderr in one line.
  bool Write(std::string_view line) noexcept;

  // The descriptor that is ours, which snapshots leave out, or -1. stderr and stdout are the host's.
  int OwnDescriptor() const noexcept;

  std::int64_t dropped() const noexcept { return dropped_; }  // lines, since the start

 private:
  int Descriptor() noexcept;
  bool OpenFile() noexcept;
  bool StillOurs() const noexcept;
  void Complain(const char* what, int error) noexcept;

  SinkTarget target_;
  int file_ = -1;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
  bool torn_ = false;        // the last line went out in part: the next one begins on a line of its own
  bool complained_ = false;  // once is enough
  std::int64_t dropped_ = 0;
};

}  // namespace cleanslate
