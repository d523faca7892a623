#pragma once

// Beast's parser of requests with a store of our own: Beast's keeps no field beyond 64 KiB, and a runtime's
// error-cause header may near 1 MiB.

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>

#include "emulator/http_message.h"

namespace cleanslate {

class RequestParser : public boost::beast::http::basic_parser<true> {
 public:
  // Bytes of the body beyond `body_kept` are counted and dropped.
  explicit RequestParser(std::size_t body_kept);

  const HttpRequest& request() const { return request_; }
  HttpRequest TakeRequest();
  bool wants_continue() const;

  void KeepBody(std::size_t limit) { body_kept_ = limit; }

 private:
  using ErrorCode = boost::beast::error_code;
  using StringView = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, StringView method, StringView target, int version,
                       ErrorCode&) override;
  void on_response_impl(int, StringView, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field, StringView name, StringView value, ErrorCode&) override;
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(StringView body, ErrorCode&) override;
  void on_chunk_header_impl(std::uint64_t, StringView, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override {}

  std::size_t body_kept_;
  HttpRequest request_;
};

}  // namespace cleanslate
