#include "emulator/http_message.h"

#include <algorithm>
#include <ctime>

#include "absl/strings/str_format.h"
#include "emulator/text.h"

namespace cleanslate {
namespace {

constexpr std::size_t kChunk = 32 << 10;

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Request Entity Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

// RFC 9110, 5.6.7; not strftime, whose names follow the locale.
std::string HttpDate(std::time_t now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&now, &utc);
  return absl::StrFormat("%s, %02d %s %d %02d:%02d:%02d GMT", kDays[utc.tm_wday], utc.tm_mday,
                         kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

// A value comes from outside: it must not end the line that it stands on.
std::string OneLine(std::string value) {
  std::replace_if(
      value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return value;
}

}  // namespace

const std::string& HttpRequest::Field(const std::string& name) const {
  static const std::string& none = *new std::string;
  const auto found = fields.find(name);
  return found == fields.end() ? none : found->second;
}

std::string Serialize(const HttpReply& reply, const Faults& faults, bool keep_alive) {
  const bool bodiless = reply.status == 204;
  const bool chunked = !bodiless && (faults.chunked || reply.body.size() >= kChunkedFrom);
  std::string text = Concat("HTTP/1.1 ", reply.status, " ", ReasonOf(reply.status), "\r\n");
  const auto add = [&](std::string_view name, std::string_view value) {
    text += Concat(faults.lower_case ? LowerCase(name) : std::string(name), ": ", value, "\r\n");
  };
  for (const auto& [name, value] : reply.fields) add(name, OneLine(value));
  add("Date", HttpDate(std::time(nullptr)));
  if (!keep_alive) add("Connection", "close");
  if (chunked) {
    add("Transfer-Encoding", "chunked");
  } else if (!bodiless) {
    add("Content-Length", Concat(reply.body.size()));
  }
  text += "\r\n";
  if (!chunked) return bodiless ? text : text + reply.body;
  for (std::size_t at = 0; at < reply.body.size(); at += kChunk) {
    const std::string_view piece = std::string_view(reply.body).substr(at, kChunk);
    text += Concat(absl::StrFormat("%x", piece.size()), "\r\n", piece, "\r\n");
  }
  return text += "0\r\n\r\n";
}

}  // namespace cleanslate
