#include "snapshot/socket_ends.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace cleanslate {
namespace {

int IntOption(int fd, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

std::string ProtocolOf(int fd) {
  switch (IntOption(fd, SO_DOMAIN)) {
    case AF_UNIX:
      return "unix";
    case AF_NETLINK:
      return "netlink";
    case AF_PACKET:
      return "packet";
    case AF_VSOCK:
      return "vsock";
    case AF_INET:
    case AF_INET6:
      break;
    default:
      return "socket";
  }
  switch (IntOption(fd, SO_PROTOCOL)) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return "icmp";
    default:
      break;
  }
  return IntOption(fd, SO_TYPE) == SOCK_RAW ? "raw" : "ip";
}

std::string IPv4Text(const in_addr& address) {
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &address, text, sizeof text) == nullptr ? "" : text;
}

std::string UnixName(const sockaddr_storage& address, socklen_t length) {
  sockaddr_un named = {};
  std::memcpy(&named, &address, sizeof named);
  constexpr std::size_t kBegin = offsetof(sockaddr_un, sun_path);
  if (length <= kBegin) return {};
  const std::size_t bytes = std::min<std::size_t>(length - kBegin, sizeof named.sun_path);
  if (named.sun_path[0] == '\0') return "@" + std::string(named.sun_path + 1, bytes - 1);
  return std::string(named.sun_path, strnlen(named.sun_path, bytes));
}

}  // namespace

std::string TcpState(int fd) {
  // In the order of the kernel's enumeration, which netinet/tcp.h repeats.
  static constexpr std::array<const char*, 13> kNames = {
      "",      "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",   "TIME_WAIT",
      "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "NEW_SYN_RECV"};
  tcp_info info = {};
  socklen_t length = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || length == 0) return {};
  return info.tcpi_state < kNames.size() ? kNames[info.tcpi_state] : "";
}

std::string DescribeAddress(const std::string& protocol, const sockaddr_storage& address, socklen_t length) {
  switch (address.ss_family) {
    case AF_INET: {
      sockaddr_in ip = {};
      if (length < sizeof ip) return {};
      std::memcpy(&ip, &address, sizeof ip);
      return protocol + " " + IPv4Text(ip.sin_addr) + ":" + std::to_string(ntohs(ip.sin_port));
    }
    case AF_INET6: {
      sockaddr_in6 ip = {};
      if (length < sizeof ip) return {};
      std::memcpy(&ip, &address, sizeof ip);
      const std::string port = ":" + std::to_string(ntohs(ip.sin6_port));
      if (IN6_IS_ADDR_V4MAPPED(&ip.sin6_addr)) {
        in_addr mapped = {};
        std::memcpy(&mapped, ip.sin6_addr.s6_addr + 12, sizeof mapped);
        return protocol + " " + IPv4Text(mapped) + port;
      }
      char text[INET6_ADDRSTRLEN];
      if (inet_ntop(AF_INET6, &ip.sin6_addr, text, sizeof text) == nullptr) return {};
      return protocol + " [" + text + "]" + port;
    }
    case AF_UNIX: {
      const std::string name = UnixName(address, length);
      return name.empty() ? "" : protocol + " " + name;
    }
    default:
      return protocol;
  }
}

SocketEnds DescribeSocket(int fd) {
  const std::string protocol = ProtocolOf(fd);
  SocketEnds ends;
  sockaddr_storage address = {};
  socklen_t length = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0)
    ends.local = DescribeAddress(protocol, address, length);
  address = {};
  length = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0)
    ends.peer = DescribeAddress(protocol, address, length);
  if (protocol == "tcp") ends.state = TcpState(fd);
  return ends;
}

}  // namespace cleanslate
