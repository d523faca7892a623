#include "emulator/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <chrono>
#include <string_view>
#include <utility>

namespace cleanslate {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kReadSize = 64 << 10;
constexpr std::size_t kReadAhead = 1 << 20;  // of further requests while a reply is owed
constexpr std::size_t kDribble = 7;
constexpr std::size_t kDribbledBody = 1 << 10;
// Long enough for the client to take a piece before the next one joins it.
constexpr std::chrono::microseconds kDribblePause{50};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(Socket socket, Handler& handler, const Faults& faults, std::uint64_t id)
    : socket_(std::move(socket)),
      handler_(handler),
      faults_(faults),
      id_(id),
      pause_(socket_.get_executor()) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto peer = socket_.remote_endpoint(ignored);
  if (!ignored) peer_port_ = peer.port();
  parser_.emplace(0);
}

void Connection::Start() {
  Read();
}

void Connection::Abort() {
  gone_ = true;
  pause_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void Connection::Read() {
  if (gone_ || reading_) return;
  if (stage_ >= Stage::kOwed && input_.size() >= kReadAhead) return;
  reading_ = true;
  socket_.async_read_some(input_.prepare(kReadSize),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            if (self->gone_) return;
                            if (error) return self->Gone();
                            self->OnRead(size);
                          });
}

void Connection::OnRead(std::size_t size) {
  input_.commit(size);
  Parse();
  Read();
}

void Connection::Parse() {
  while (!gone_ && stage_ < Stage::kOwed && input_.size() > 0) {
    error_code error;
    const std::size_t used = parser_->put(input_.data(), error);
    input_.consume(used);
    if (error && error != boost::beast::http::error::need_more) {
      keep_alive_ = false;
      stage_ = Stage::kOwed;
      return Reply({400, {{"Content-Type", "text/plain"}}, "malformed request: " + error.message() + "\n"});
    }
    if (stage_ == Stage::kHead && parser_->is_header_done()) HeadArrived();
    if (parser_->is_done()) return RequestArrived();
    if (error || used == 0) return;
  }
}

void Connection::HeadArrived() {
  stage_ = Stage::kBody;
  early_reply_ = handler_.OnHead(*this, parser_->request());
  if (gone_ || parser_->is_done() || !parser_->wants_continue() || continue_sent_) return;
  // 25 bytes into an empty send buffer: it does not block.
  continue_sent_ = true;
  error_code ignored;
  asio::write(socket_, asio::buffer(kContinue), ignored);
}

void Connection::RequestArrived() {
  stage_ = Stage::kOwed;
  HttpRequest request = parser_->TakeRequest();
  keep_alive_ = request.keep_alive && !faults_.close;
  if (early_reply_) {
    Reply(*std::exchange(early_reply_, std::nullopt));
  } else {
    handler_.OnRequest(*this, std::move(request));
  }
}

void Connection::Reply(const HttpReply& reply) {
  if (gone_ || stage_ != Stage::kOwed) return;
  stage_ = Stage::kReplying;
  output_ = Serialize(reply, faults_, keep_alive_);
  written_ = 0;
  slow_ = faults_.dribble ? std::min(output_.size(), output_.find("\r\n\r\n") + 4 + kDribbledBody) : 0;
  WriteSome();
}

void Connection::WriteSome() {
  const std::size_t size =
      written_ < slow_ ? std::min(kDribble, output_.size() - written_) : output_.size() - written_;
  const auto piece = asio::buffer(output_.data() + written_, size);
  asio::async_write(socket_, piece,
                    [self = shared_from_this()](const error_code& error, std::size_t written) {
                      if (self->gone_) return;
                      if (error) return self->Gone();
                      self->written_ += written;
                      if (self->written_ == self->output_.size()) return self->ReplyWritten();
                      self->pause_.expires_after(kDribblePause);
                      self->pause_.async_wait([self](const error_code& cancelled) {
                        if (!cancelled && !self->gone_) self->WriteSome();
                      });
                    });
}

void Connection::ReplyWritten() {
  output_.clear();
  if (!keep_alive_) {
    // The client reads the rest and closes: closing now, with bytes of its unread, would reset the connection
    // and the reply with it. The stage stays, so that no further request is taken.
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    input_.clear();
    return Read();
  }
  stage_ = Stage::kHead;
  continue_sent_ = false;
  parser_.emplace(0);
  Parse();
  Read();
}

void Connection::Gone() {
  gone_ = true;
  pause_.cancel();
  error_code ignored;
  socket_.close(ignored);
  handler_.OnGone(*this);
}

}  // namespace cleanslate
