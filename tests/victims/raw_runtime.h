#pragma once

// A Lambda runtime on bare sockets that allocates nothing: between two `next` the only heap blocks are its
// caller's.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace victim {

// How bytes leave and arrive.
struct Wire {
  // Sends all of it; false when the peer has gone.
  bool (*transmit)(int socket, const char* data, size_t length) = [](int socket, const char* data,
                                                                     size_t length) {
    return send(socket, data, length, MSG_NOSIGNAL) == static_cast<ssize_t>(length);
  };
  // As recv(2).
  ssize_t (*receive)(int socket, char* data, size_t length) = [](int socket, char* data, size_t length) {
    return recv(socket, data, length, 0);
  };
};

class RawRuntime {
 public:
  explicit RawRuntime(Wire wire = {}) : wire_(wire) {
    const char* address = getenv("AWS_LAMBDA_RUNTIME_API");
    const char* colon = address != nullptr ? strrchr(address, ':') : nullptr;
    if (colon == nullptr) Fail("AWS_LAMBDA_RUNTIME_API is not host:port");
    char host[64] = {};
    memcpy(host, address,
           static_cast<size_t>(colon - address) < 63 ? static_cast<size_t>(colon - address) : 63);
    if (strcmp(host, "localhost") == 0) memcpy(host, "127.0.0.1", 10);
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<in_port_t>(atoi(colon + 1)));
    inet_pton(AF_INET, host, &peer.sin_addr);
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0) Fail("can't connect");
  }

  // Asks for an event and waits for it.
  void Next() {
    Ask();
    WaitForEvent();
  }

  void Ask() {
    Send(snprintf(out_, sizeof(out_),
                  "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n"));
  }

  void WaitForEvent() {
    Receive();
    std::string_view id = Header("\r\nlambda-runtime-aws-request-id:");
    snprintf(request_id_, sizeof(request_id_), "%.*s", static_cast<int>(id.size()), id.data());
  }

  const char* request_id() const { return request_id_; }
  int& socket() { return socket_; }

  // Any request, as it is written; waits for the reply.
  void Request(std::string_view text) {
    if (!wire_.transmit(socket_, text.data(), text.size())) _exit(0);
    Receive();
  }

  void Respond(std::string_view body) { RespondTo(request_id_, body); }

  void RespondTo(const char* request_id, std::string_view body) {
    int length = snprintf(out_, sizeof(out_),
                          "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: runtime\r\n"
                          "Content-Length: %zu\r\n\r\n%.*s",
                          request_id, body.size(), static_cast<int>(body.size()), body.data());
    Send(length);
    Receive();
  }

 private:
  [[noreturn]] static void Fail(const char* why) {
    dprintf(2, "victim: %s\n", why);
    _exit(1);
  }

  void Send(int length) {
    if (!wire_.transmit(socket_, out_, static_cast<size_t>(length))) _exit(0);  // the emulator has gone
  }

  // One whole reply with a Content-Length into in_.
  void Receive() {
    size_t have = 0, need = sizeof(in_) - 1;
    while (have < need) {
      ssize_t length = wire_.receive(socket_, in_ + have, need - have);
      if (length <= 0) _exit(0);
      have += static_cast<size_t>(length);
      in_[have] = 0;
      const char* end = strstr(in_, "\r\n\r\n");
      if (end == nullptr) continue;
      std::string_view body_length = Header("\r\ncontent-length:");
      need = static_cast<size_t>(end + 4 - in_) + static_cast<size_t>(atol(body_length.data()));
    }
  }

  std::string_view Header(const char* name) const {
    const char* found = strcasestr(in_, name);
    if (found == nullptr) return "0";
    found += strlen(name);
    while (*found == ' ') ++found;
    return {found, strcspn(found, "\r")};
  }

  Wire wire_;
  int socket_ = -1;
  char request_id_[64];
  char in_[16384];
  char out_[2048];
};

}  // namespace victim
