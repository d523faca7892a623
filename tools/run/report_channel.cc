#include "run/report_channel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "emulator/text.h"

namespace cleanslate {

absl::StatusOr<ReportChannel> ReportChannel::Open() {
  const int descriptor = memfd_create("cleanslate-reports", MFD_CLOEXEC);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, "can't make a file for reports");
  return ReportChannel(descriptor);
}

ReportChannel::ReportChannel(ReportChannel&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      offset_(other.offset_),
      rest_(std::move(other.rest_)) {}

ReportChannel::~ReportChannel() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string ReportChannel::output() const {
  return Concat("file:/proc/", getpid(), "/fd/", descriptor_);
}

std::vector<std::string> ReportChannel::Drain() {
  std::vector<std::string> lines;
  const std::int64_t before = offset_;
  char piece[64 << 10];
  for (;;) {
    const ssize_t size = pread(descriptor_, piece, sizeof(piece), offset_);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    offset_ += size;
    rest_.append(piece, static_cast<std::size_t>(size));
  }
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (end > begin) lines.push_back(rest_.substr(begin, end - begin));
  }
  rest_.erase(0, begin);
  // What was read needs no memory any more; the file keeps its length, so the writers' ends stay where they
  // are.
  if (offset_ > before) fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, offset_);
  return lines;
}

}  // namespace cleanslate
