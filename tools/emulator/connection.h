#pragma once

// One HTTP/1.1 connection: requests are parsed one after the other and handed to a handler, which replies at
// once or later, in any order between connections. While a reply is owed the socket is still read, so that a
// client that goes away is noticed; what it sends meanwhile waits (pipelining).

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "emulator/faults.h"
#include "emulator/http_message.h"
#include "emulator/request_parser.h"

namespace cleanslate {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  class Handler {
   public:
    virtual ~Handler() = default;
    // A head has arrived. A reply given here ends the request: its body is read and dropped.
    virtual std::optional<HttpReply> OnHead(Connection& connection, const HttpRequest& head) = 0;
    // The whole request has arrived. Reply() is called now or later.
    virtual void OnRequest(Connection& connection, HttpRequest request) = 0;
    // The client is gone, with a request begun or a reply owed or neither. Nothing follows.
    virtual void OnGone(Connection& connection) = 0;
  };

  Connection(Socket socket, Handler& handler, const Faults& faults, std::uint64_t id);

  void Start();
  void Reply(const HttpReply& reply);
  // Ends it without a word to the handler.
  void Abort();

  std::uint64_t id() const { return id_; }
  std::uint16_t peer_port() const { return peer_port_; }
  // How much of a body is kept; said by OnHead.
  void KeepBody(std::size_t limit) { parser_->KeepBody(limit); }

 private:
  enum class Stage : std::uint8_t { kHead, kBody, kOwed, kReplying };

  void Read();
  void OnRead(std::size_t size);
  void Parse();
  void HeadArrived();
  void RequestArrived();
  void WriteSome();
  void ReplyWritten();
  void Gone();

  Socket socket_;
  Handler& handler_;
  const Faults faults_;
  const std::uint64_t id_;
  std::uint16_t peer_port_ = 0;
  boost::asio::steady_timer pause_;
  boost::beast::flat_buffer input_;
  std::optional<RequestParser> parser_;
  Stage stage_ = Stage::kHead;
  std::optional<HttpReply> early_reply_;
  bool keep_alive_ = true;
  bool reading_ = false;
  bool continue_sent_ = false;
  bool gone_ = false;
  std::string output_;
  std::size_t written_ = 0;
  std::size_t slow_ = 0;  // up to here the reply is dribbled
};

}  // namespace cleanslate
