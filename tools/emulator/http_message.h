#pragma once

// A request as it was parsed, and a reply as it is written.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/faults.h"

namespace cleanslate {

struct HttpRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> fields;  // names in lower case; trailers are among them
  std::string body;                           // of at most the limit that the parser was given
  std::size_t body_size = 0;                  // of the whole body
  bool keep_alive = true;

  // Empty when there is none. `name` in lower case.
  const std::string& Field(const std::string& name) const;
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
};

// From this size on a body goes out in chunks, as the platform's does.
inline constexpr std::size_t kChunkedFrom = 2048;

// The bytes of a reply. `keep_alive` is what the head says of the connection.
std::string Serialize(const HttpReply& reply, const Faults& faults, bool keep_alive);

}  // namespace cleanslate
