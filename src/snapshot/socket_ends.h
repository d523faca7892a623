#pragma once

// The two ends of a socket in words. Internal to this room. Asks the kernel only; never waits.

#include <sys/socket.h>

#include <string>

namespace cleanslate {

struct SocketEnds {
  std::string
      local;         // "tcp 127.0.0.1:41000", "udp [::1]:53", "unix /run/x.sock", "unix @abstract", "netlink"
  std::string peer;  // the same of the other end; empty where there is none or it has no name
  std::string state;  // TCP only: as proc(5) names it
};

SocketEnds DescribeSocket(int fd);
// Of a TCP socket; empty where the kernel doesn't say.
std::string TcpState(int fd);

// Exposed for its test: an address as `protocol` speaks of it. IPv4 addresses mapped into IPv6 are written as
// IPv4, so that one peer has one name.
std::string DescribeAddress(const std::string& protocol, const sockaddr_storage& address, socklen_t length);

}  // namespace cleanslate
