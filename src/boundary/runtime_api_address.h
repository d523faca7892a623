#pragma once

// Where the Runtime API listens, from the text of AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001", "[::1]:9001",
// "localhost:9001". No port means 80. Local emulators also write a scheme and a path before the API's own
// ("http://localhost:9000/worker/7"): both are understood.
//
// A value; after Parse() any thread may read it.

#include <sys/socket.h>

#include <cstdint>
#include <string_view>

#include "boundary/bounded_text.h"

namespace cleanslate {

class RuntimeApiAddress {
 public:
  // Matches nothing.
  constexpr RuntimeApiAddress() = default;

  // Replaces *this. Returns nullptr, or what is wrong with `text` as a phrase ("its port is not a number from
  // 1 to 65535") - *this then matches nothing.
  const char* Parse(std::string_view text);

  // Whether a connection to `peer` may be one to the Runtime API. A numeric host is compared exactly, where
  // an IPv4 address and its IPv4-mapped IPv6 form are equal. A host name can't be resolved here, so its port
  // alone decides. Only a request's path confirms either: see RuntimeApiTap.
  bool Matches(const sockaddr* peer, socklen_t length) const;

  bool valid() const { return port_ != 0; }
  bool numeric() const { return numeric_; }
  std::uint16_t port() const { return port_; }
  // What precedes "/2018-06-01/runtime/" in a request's path; usually empty, never ends in a slash.
  std::string_view path_prefix() const { return path_prefix_.view(); }

 private:
  const char* ParseHost(std::string_view host, bool bracketed);

  std::uint16_t port_ = 0;
  bool numeric_ = false;
  std::uint8_t host_[16] = {};  // IPv6 or IPv4-mapped, network order, if numeric
  BoundedText<128> path_prefix_;
};

}  // namespace cleanslate
