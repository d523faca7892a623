#pragma once

// How reports come from the function to `run`: the library appends its lines to an anonymous file of ours,
// which it opens as /proc/PID/fd/N (CLEANSLATE_OUTPUT). A file, so that a writer never waits for us; in
// memory, so that no watched folder holds it; with us, so that a line survives its writer's SIGKILL.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cleanslate {

class ReportChannel {
 public:
  static absl::StatusOr<ReportChannel> Open();

  ReportChannel(ReportChannel&& other) noexcept;
  ReportChannel& operator=(ReportChannel&&) = delete;
  ~ReportChannel();

  // For CLEANSLATE_OUTPUT.
  std::string output() const;

  // The whole lines that have come since the last call, without their newlines.
  std::vector<std::string> Drain();

  // What is left at the end: a line that its writer did not finish. Empty when there is none.
  const std::string& rest() const { return rest_; }

 private:
  explicit ReportChannel(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  std::int64_t offset_ = 0;
  std::string rest_;
};

}  // namespace cleanslate
