#pragma once

// A process that speaks to the Runtime API, without sockets: what its interposers would tell the tap. Time is
// a counter. Bytes go in pieces of `piece` bytes, as short sends and dribbled replies do. Works on each
// boundary at once, unless told to hold it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "boundary/runtime_api_tap.h"

namespace cleanslate {

// Messages as the official clients and the service write them.
std::string NextRequest();
std::string RestoreNextRequest();
std::string PostRequest(std::string_view path, std::string_view body);
std::string ResponseRequest(std::string_view id, std::string_view body = "{}");
std::string ErrorRequest(std::string_view id, std::string_view body = "{}");
std::string StreamingResponseRequest(std::string_view id, std::string_view trailers = "");
std::string NextReply(std::string_view id, std::string_view event = "{\"n\": 1}");
std::string NextReplyWith(std::string_view id, std::string_view more_fields, std::string_view event = "{}");
std::string ChunkedNextReply(std::string_view id, std::string_view event);
std::string Reply(int status, std::string_view body = "{\"status\":\"OK\"}");

// "init", "restore", "window 1: a b" with " concurrent", " cold", " streaming", " errors=1" where they hold.
std::string Describe(const Boundary& boundary);

class Conversation {
 public:
  explicit Conversation(std::size_t piece = 0, std::string_view address = "127.0.0.1:9001");

  // A new descriptor connected to the Runtime API.
  int Connect();
  bool ConnectTo(int fd, const char* host, int port);
  void Close(int fd) { tap->Closed(fd, now_ns); }

  void Send(int fd, std::string_view bytes);
  void Receive(int fd, std::string_view bytes);
  void PeerCloses(int fd) { WorkOn(tap->PeerClosed(fd, now_ns)); }

  // Whole exchanges.
  void Poll(int fd) { Send(fd, NextRequest()); }
  void Invoke(int fd, std::string_view id) { Receive(fd, NextReply(id)); }
  void Respond(int fd, std::string_view id, std::string_view body = "{}");

  void WorkOn(Boundary boundary);
  // From now on boundaries are kept until Release.
  void Hold() { hold = true; }
  void Release();

  std::vector<std::string> Take() { return std::move(boundaries); }

  std::unique_ptr<RuntimeApiTap> tap = std::make_unique<RuntimeApiTap>();
  std::vector<std::string> boundaries;
  WindowInfo last_window;
  std::int64_t now_ns = 1'000'000'000'000;
  std::size_t piece;
  bool hold = false;
  Boundary held;
  int next_fd = 10;
};

}  // namespace cleanslate
