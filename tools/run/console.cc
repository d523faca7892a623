#include "run/console.h"
#include "emulator/text.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace cleanslate {
namespace {

constexpr std::string_view kMark = "| ";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

// Nobody reads any more: the run goes on for its reports' sake.
void WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // The terminal is shared, and somebody made it non-blocking.
      pollfd entry{descriptor, POLLOUT, 0};
      poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

void Console::FunctionLine(OutputStream stream, std::string_view line) {
  ClearProgress();
  const bool to_error = stream == OutputStream::kError || style_.all_to_error;
  const bool color = to_error ? style_.color_error : style_.color_out;
  const std::string mark = color ? Concat(kDim, kMark, kPlain) : std::string(kMark);
  std::string text = Concat(mark, line, "\n");
  if (to_error ? style_.terminal_error : style_.terminal_out) {
    for (std::size_t at = mark.size(); (at = text.find('\r', at)) != std::string::npos;) {
      const bool ends_line = text[at + 1] == '\n';
      text.replace(at, 1, ends_line ? "" : Concat("\n", mark));
    }
  }
  WriteAll(to_error ? STDERR_FILENO : STDOUT_FILENO, text);
  DrawProgress();
}

void Console::Say(std::string_view text) {
  ClearProgress();
  WriteAll(STDERR_FILENO, Concat("cleanslate: ", text, "\n"));
  DrawProgress();
}

void Console::Progress(std::string text) {
  if (!style_.progress) return;
  ClearProgress();
  progress_ = std::move(text);
  DrawProgress();
}

void Console::ClearProgress() {
  if (!drawn_) return;
  drawn_ = false;
  WriteAll(STDERR_FILENO, "\r\x1b[K");
}

void Console::DrawProgress() {
  if (progress_.empty()) return;
  drawn_ = true;
  WriteAll(STDERR_FILENO, progress_);
}

}  // namespace cleanslate
