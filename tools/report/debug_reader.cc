#include "report/debug_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "report/debug_file.h"

namespace cleanslate {
namespace {

constexpr int kPatienceMs = 60'000;  // for one answer
constexpr std::uint32_t kLongestAnswer = std::uint32_t{16} << 20;

bool SendAll(int socket, const void* bytes, std::size_t size) {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t sent = send(socket, from, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    from += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

// False at the end, on an error, and when nothing comes for `patience` milliseconds (-1: never).
bool ReceiveAll(int socket, void* bytes, std::size_t size, int patience) {
  auto* to = static_cast<char*>(bytes);
  while (size > 0) {
    pollfd ready = {socket, POLLIN, 0};
    const int count = poll(&ready, 1, patience);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    const ssize_t received = recv(socket, to, size, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    to += received;
    size -= static_cast<std::size_t>(received);
  }
  return true;
}

// A message is its length and its bytes. In it, numbers are as in memory, and a text is its length and its
// bytes.
bool SendMessage(int socket, const std::string& message) {
  const auto size = static_cast<std::uint32_t>(message.size());
  return SendAll(socket, &size, sizeof size) && SendAll(socket, message.data(), message.size());
}

bool ReceiveMessage(int socket, std::string& message) {
  std::uint32_t size = 0;
  if (!ReceiveAll(socket, &size, sizeof size, kPatienceMs) || size > kLongestAnswer) return false;
  message.resize(size);
  return ReceiveAll(socket, message.data(), message.size(), kPatienceMs);
}

void PutNumber(std::string& message, std::uint32_t number) {
  message.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void PutText(std::string& message, const std::string& text) {
  PutNumber(message, static_cast<std::uint32_t>(text.size()));
  message += text;
}

bool TakeNumber(std::string_view& message, std::uint32_t& number) {
  if (message.size() < sizeof number) return false;
  std::memcpy(&number, message.data(), sizeof number);
  message.remove_prefix(sizeof number);
  return true;
}

bool TakeText(std::string_view& message, std::string& text) {
  std::uint32_t size = 0;
  if (!TakeNumber(message, size) || message.size() < size) return false;
  text = message.substr(0, size);
  message.remove_prefix(size);
  return true;
}

std::string MessageOf(const Frames& frames) {
  std::string message;
  for (const Frame& frame : frames) {
    PutNumber(message, static_cast<std::uint32_t>(frame.line));
    PutText(message, frame.function);
    PutText(message, frame.file);
  }
  return message;
}

bool Parse(std::string_view message, Frames& frames) {
  while (!message.empty()) {
    Frame& frame = frames.emplace_back();
    std::uint32_t line = 0;
    if (!TakeNumber(message, line) || !TakeText(message, frame.function) || !TakeText(message, frame.file)) {
      return false;
    }
    frame.line = static_cast<int>(line);
  }
  return true;
}

// What the process does.
[[noreturn]] void Serve(int socket, const std::string& path) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // The C library's last words on damaged memory are not for the user.
  if (const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC); nowhere >= 0) {
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  try {
    absl::StatusOr<DebugFile> file = DebugFile::Open(path);
    std::string greeting;
    PutNumber(greeting, file.ok() && file->has_lines() ? 1 : 0);
    bool goes_on = SendMessage(socket, greeting) && file.ok();
    for (std::uint64_t address = 0; goes_on && ReceiveAll(socket, &address, sizeof address, -1);) {
      goes_on = SendMessage(socket, MessageOf(file->FramesAt(address)));
    }
  } catch (...) {
    // Out of memory: the command sees that this process has ended.
  }
  _exit(0);
}

}  // namespace

DebugReader::DebugReader(const std::string& path) {
  int sockets[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return;
  pid_ = fork();
  if (pid_ == 0) {
    close(sockets[0]);
    Serve(sockets[1], path);
  }
  close(sockets[1]);
  socket_ = sockets[0];
  std::string greeting;
  if (pid_ < 0 || !ReceiveMessage(socket_, greeting)) {
    End();
    return;
  }
  std::string_view rest = greeting;
  std::uint32_t has_lines = 0;
  has_lines_ = TakeNumber(rest, has_lines) && has_lines != 0;
}

Frames DebugReader::FramesAt(std::uint64_t address) {
  Frames frames;
  if (pid_ < 0) return frames;
  std::string answer;
  if (!SendAll(socket_, &address, sizeof address) || !ReceiveMessage(socket_, answer) ||
      !Parse(answer, frames)) {
    End();
    frames.clear();
  }
  return frames;
}

void DebugReader::End() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (socket_ >= 0) close(socket_);
  pid_ = -1;
  socket_ = -1;
}

}  // namespace cleanslate
