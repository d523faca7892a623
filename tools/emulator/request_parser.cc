#include "emulator/request_parser.h"
#include "emulator/text.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace cleanslate {
namespace {

constexpr std::uint32_t kHeadLimit = 4 << 20;

}  // namespace

RequestParser::RequestParser(std::size_t body_kept) : body_kept_(body_kept) {
  header_limit(kHeadLimit);
  // Not boost::none: Boost 1.74 takes any length for one beyond it.
  body_limit(std::numeric_limits<std::uint64_t>::max());
  // The head by itself: how much of the body is kept is decided after a look at it.
  eager(false);
}

HttpRequest RequestParser::TakeRequest() {
  request_.keep_alive = keep_alive();
  return std::move(request_);
}

bool RequestParser::wants_continue() const {
  return EqualsIgnoreCase(request_.Field("expect"), "100-continue");
}

void RequestParser::on_request_impl(boost::beast::http::verb, StringView method, StringView target, int,
                                    ErrorCode&) {
  request_.method.assign(method.data(), method.size());
  request_.target.assign(target.data(), target.size());
}

void RequestParser::on_field_impl(boost::beast::http::field, StringView name, StringView value, ErrorCode&) {
  std::string lower = LowerCase(std::string_view(name.data(), name.size()));
  request_.fields.insert_or_assign(std::move(lower), std::string(value.data(), value.size()));
}

std::size_t RequestParser::on_body_impl(StringView body, ErrorCode&) {
  const std::size_t room = body_kept_ - std::min(body_kept_, request_.body.size());
  request_.body.append(body.data(), std::min(room, body.size()));
  request_.body_size += body.size();
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode& error) {
  return on_body_impl(body, error);
}

}  // namespace cleanslate
