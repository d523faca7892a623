#include "report/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "report/gunzip.h"
#include "report/safe_text.h"

namespace cleanslate {
namespace {

constexpr std::size_t kPiece = 1 << 16;
constexpr std::size_t kMagicBytes = 2;

std::string NameOfInput(const std::string& path) {
  return path == "-" ? "standard input" : Visible(path);
}

absl::Status Unreadable(const std::string& path, const std::string& reason) {
  return absl::UnavailableError("cannot read " + NameOfInput(path) + ": " + reason);
}

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : fd_(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {}
  ~OpenFile() {
    if (fd_ > STDERR_FILENO) close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool is_open() const { return fd_ >= 0; }

  // As read(2), but signals don't interrupt it.
  ssize_t Read(char* buffer, std::size_t size) const {
    ssize_t result;
    do {
      result = read(fd_, buffer, size);
    } while (result < 0 && errno == EINTR);
    return result;
  }

 private:
  int fd_;
};

}  // namespace

absl::Status StreamFile(const std::string& path, const std::function<void(std::string_view)>& write) {
  const OpenFile file(path);
  if (!file.is_open()) return Unreadable(path, std::strerror(errno));
  std::vector<char> buffer(kPiece);
  std::string first;  // until there is enough of it to tell gzip from text
  bool is_known = false;
  std::unique_ptr<Gunzip> gunzip;
  for (;;) {
    const ssize_t size = file.Read(buffer.data(), buffer.size());
    if (size < 0) return Unreadable(path, std::strerror(errno));
    std::string_view piece(buffer.data(), static_cast<std::size_t>(size));
    if (!is_known) {
      first.append(piece);
      if (first.size() < kMagicBytes && size > 0) continue;
      is_known = true;
      if (IsGzip(first)) gunzip = std::make_unique<Gunzip>();
      piece = first;
    }
    if (gunzip == nullptr) {
      if (!piece.empty()) write(piece);
    } else if (const absl::Status status = gunzip->Feed(piece, write); !status.ok()) {
      return Unreadable(path, std::string(status.message()));
    }
    if (size == 0) break;
  }
  if (gunzip == nullptr) return absl::OkStatus();
  const absl::Status status = gunzip->Finish();
  return status.ok() ? status : Unreadable(path, std::string(status.message()));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::string text;
  const absl::Status status = StreamFile(path, [&text](std::string_view piece) { text.append(piece); });
  if (!status.ok()) return status;
  return text;
}

}  // namespace cleanslate
