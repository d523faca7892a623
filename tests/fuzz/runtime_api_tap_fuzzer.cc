// A process's traffic with the Runtime API as a script. However its sends and receives are split, the same
// boundaries fall at the same place, in order; numbers stay within their bounds; at the end, with every
// descriptor closed, no poll is left that could close a window.
//
// The script is a list of steps, each `\x01`, a letter, a descriptor's letter, and bytes up to the next step:
//   c connect   s send   t try to send, none is taken   r receive   p peer closes   x close   d duplicate
//   h hold the next boundary   f finish the held one

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "conversation.h"

namespace {

using cleanslate::Conversation;

constexpr char kStep = '\x01';
constexpr int kDescriptors = 8;

int DescriptorOf(char letter) {
  return 10 + static_cast<unsigned char>(letter) % kDescriptors;
}

void Check(bool holds) {
  if (!holds) std::abort();
}

// What can be seen from outside, after one step.
void Observe(const Conversation& process, std::vector<std::string>& seen) {
  const auto& tap = *process.tap;
  Check(tap.InFlight() <= cleanslate::InvocationTracker::kCapacity);
  std::string state = std::to_string(tap.CurrentWindow()) + "/" + std::to_string(tap.InFlight()) +
                      (tap.HasAnswered() ? " answers" : "") +
                      " lost=" + std::to_string(tap.lost_connections());
  for (int fd = DescriptorOf(0), i = 0; i < kDescriptors; ++i) state += tap.Taps(fd + i) ? '+' : '-';
  seen.push_back(state);
}

void Step(Conversation& process, char kind, int fd, std::string_view bytes) {
  // A block of its own, so that a read beyond its end is seen.
  const std::vector<char> block(bytes.begin(), bytes.end());
  const std::string_view copy(block.data(), block.size());
  switch (kind) {
    case 'c':
      process.ConnectTo(fd, "127.0.0.1", 9001);
      return;
    case 's':
      return process.Send(fd, copy);
    case 't':
      return process.WorkOn(process.tap->BeforeSend(fd, copy.data(), copy.size(), process.now_ns));
    case 'r':
      return process.Receive(fd, copy);
    case 'p':
      return process.PeerCloses(fd);
    case 'x':
      return process.Close(fd);
    case 'd':
      return process.tap->Duplicated(fd, bytes.empty() ? fd : DescriptorOf(bytes[0]), process.now_ns);
    case 'h':
      if (!process.held) process.Hold();
      return;
    case 'f':
      return process.Release();
    default:
      return;
  }
}

std::vector<std::string> Play(Conversation& process, std::string_view script) {
  std::vector<std::string> seen;
  while (!script.empty()) {
    const std::size_t next = script.find(kStep, 1);
    const std::string_view step = script.substr(0, next);
    script = next == std::string_view::npos ? std::string_view() : script.substr(next);
    if (step.size() < 3 || step[0] != kStep) continue;
    Step(process, step[1], DescriptorOf(step[2]), step.substr(3));
    Observe(process, seen);
  }
  process.Release();
  for (int fd = DescriptorOf(0), i = 0; i < kDescriptors; ++i) process.Close(fd + i);
  Observe(process, seen);
  for (const std::string& boundary : process.boundaries) seen.push_back(boundary);
  return seen;
}

// Kept between inputs: a tap is a megabyte of zeros.
std::vector<std::string> PlayAfresh(Conversation& process, std::size_t piece, std::string_view script) {
  process.tap->Reset();
  process.boundaries.clear();
  process.held = {};
  process.hold = false;
  process.piece = piece;
  return Play(process, script);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto& process = *new Conversation();
  if (size == 0) return 0;
  const std::string_view script(reinterpret_cast<const char*>(data), size);
  const auto whole = PlayAfresh(process, 0, script);
  Check(PlayAfresh(process, 1, script) == whole);
  Check(PlayAfresh(process, 2 + data[size - 1] % 16, script) == whole);
  return 0;
}
