#include "conversation.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace cleanslate {

std::string NextRequest() {
  return "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n"
         "User-Agent: aws-lambda-python/3.11.2-4.0.1\r\nAccept: */*\r\n\r\n";
}

std::string RestoreNextRequest() {
  return "GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nAccept-Encoding: "
         "identity\r\n\r\n";
}

std::string PostRequest(std::string_view path, std::string_view body) {
  return "POST /2018-06-01/runtime/" + std::string(path) +
         " HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nUser-Agent: aws-lambda-python/3.11.2-4.0.1\r\nAccept: */*\r\n"
         "content-type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string ResponseRequest(std::string_view id, std::string_view body) {
  return PostRequest("invocation/" + std::string(id) + "/response", body);
}

std::string ErrorRequest(std::string_view id, std::string_view body) {
  return PostRequest("invocation/" + std::string(id) + "/error", body);
}

std::string StreamingResponseRequest(std::string_view id, std::string_view trailers) {
  return "POST /2018-06-01/runtime/invocation/" + std::string(id) +
         "/response HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n"
         "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
         "Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n" +
         std::string(trailers) + "\r\n";
}

std::string NextReplyWith(std::string_view id, std::string_view more_fields, std::string_view event) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: " +
         std::string(id) +
         "\r\nLambda-Runtime-Invoked-Function-Arn: "
         "arn:aws:lambda:us-east-1:012345678912:function:orders\r\n" +
         std::string(more_fields) +
         "Date: Mon, 23 Nov 2026 05:02:11 GMT\r\nContent-Length: " + std::to_string(event.size()) +
         "\r\n\r\n" + std::string(event);
}

std::string NextReply(std::string_view id, std::string_view event) {
  return NextReplyWith(id, "Lambda-Runtime-Deadline-Ms: 1795410131123\r\n", event);
}

std::string ChunkedNextReply(std::string_view id, std::string_view event) {
  std::ostringstream reply;
  reply << "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: " << id
        << "\r\ntransfer-encoding: chunked\r\n\r\n";
  constexpr std::size_t kChunk = 2048;
  for (; !event.empty(); event.remove_prefix(std::min(kChunk, event.size()))) {
    reply << std::hex << std::min(kChunk, event.size()) << "\r\n" << event.substr(0, kChunk) << "\r\n";
  }
  reply << "0\r\n\r\n";
  return reply.str();
}

std::string Reply(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Text\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

std::string Describe(const Boundary& boundary) {
  switch (boundary.kind) {
    case BoundaryKind::kNone:
      return "none";
    case BoundaryKind::kInit:
      return "init";
    case BoundaryKind::kRestore:
      return "restore";
    case BoundaryKind::kWindow:
      break;
  }
  const WindowInfo& window = *boundary.window;
  std::string text = "window " + std::to_string(window.number) + ":";
  for (std::size_t i = 0; i < window.request_ids_kept(); ++i) {
    text += " " + std::string(window.request_ids[i].view());
  }
  if (window.concurrent) text += " concurrent";
  if (window.cold_start) text += " cold";
  if (window.streaming) text += " streaming";
  if (window.errors > 0) text += " errors=" + std::to_string(window.errors);
  return text;
}

Conversation::Conversation(std::size_t piece_bytes, std::string_view address) : piece(piece_bytes) {
  RuntimeApiAddress runtime_api;
  if (runtime_api.Parse(address) != nullptr) std::abort();
  tap->Start(runtime_api);
}

bool Conversation::ConnectTo(int fd, const char* host, int port) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, host, &peer.sin_addr);
  return tap->Connected(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer, now_ns);
}

int Conversation::Connect() {
  ConnectTo(next_fd, "127.0.0.1", 9001);
  return next_fd++;
}

void Conversation::Send(int fd, std::string_view bytes) {
  const std::size_t step = piece == 0 ? bytes.size() : piece;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    const std::string_view part = bytes.substr(0, step);
    now_ns += 1000;
    WorkOn(tap->BeforeSend(fd, part.data(), part.size(), now_ns));
    WorkOn(tap->Sent(fd, part.data(), static_cast<ssize_t>(part.size()), now_ns));
  }
}

void Conversation::Receive(int fd, std::string_view bytes) {
  const std::size_t step = piece == 0 ? bytes.size() : piece;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    const std::string_view part = bytes.substr(0, step);
    now_ns += 1000;
    WorkOn(tap->Received(fd, part.data(), static_cast<ssize_t>(part.size()), now_ns));
  }
}

void Conversation::Respond(int fd, std::string_view id, std::string_view body) {
  Send(fd, ResponseRequest(id, body));
  Receive(fd, Reply(202));
}

void Conversation::WorkOn(Boundary boundary) {
  while (boundary) {
    boundaries.push_back(Describe(boundary));
    if (boundary.kind == BoundaryKind::kWindow) last_window = *boundary.window;
    if (hold) {
      held = boundary;
      return;
    }
    boundary = tap->Finish(boundary, now_ns);
  }
}

void Conversation::Release() {
  hold = false;
  const Boundary boundary = held;
  held = {};
  WorkOn(tap->Finish(boundary, now_ns));
}

}  // namespace cleanslate
