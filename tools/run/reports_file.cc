#include "run/reports_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "emulator/text.h"

namespace cleanslate {
namespace {

namespace fs = std::filesystem;

bool IsBelow(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

bool IsWatched(const std::string& path, std::string_view watched) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(path, ignored);
  for (const std::string_view each : SplitSkippingEmpty(watched, ':')) {
    if (IsBelow(whole, fs::weakly_canonical(fs::path(each), ignored))) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<ReportsFile> ReportsFile::Open(const std::string& path, std::string_view watched) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, Concat("--reports ", path, ": can't be written"));
  return ReportsFile(descriptor, IsWatched(path, watched));
}

ReportsFile::ReportsFile(ReportsFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      deferred_(other.deferred_),
      error_(other.error_),
      pending_(std::move(other.pending_)) {}

ReportsFile::~ReportsFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void ReportsFile::Add(std::string_view line) {
  pending_ += Concat(line, "\n");
  if (!deferred_) Write(std::exchange(pending_, {}));
}

bool ReportsFile::Flush() {
  deferred_ = false;
  Write(std::exchange(pending_, {}));
  errno = error_;
  return error_ == 0;
}

void ReportsFile::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      error_ = errno;
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace cleanslate
