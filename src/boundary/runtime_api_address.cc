#include "boundary/runtime_api_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace cleanslate {
namespace {

constexpr std::uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kLongestName = 253;  // RFC 1035, without the final dot

// 0: not a port.
std::uint16_t ParsePort(std::string_view text) {
  if (text.empty() || text.size() > 5) return 0;
  std::uint32_t port = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return 0;
    port = port * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return port <= 65535 ? static_cast<std::uint16_t>(port) : 0;
}

bool IsHostName(std::string_view host) {
  for (const char c : host) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '-' && c != '.' && c != '_') return false;
  }
  return host.front() != '.' && host.size() <= kLongestName;
}

// Network order in memory, whatever the host's.
std::uint16_t PortOf(const in_port_t& port) {
  std::uint8_t bytes[2];
  std::memcpy(bytes, &port, sizeof bytes);
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

}  // namespace

const char* RuntimeApiAddress::Parse(std::string_view text) {
  *this = RuntimeApiAddress();
  if (First(text, 7) == "http://") text.remove_prefix(7);
  if (text.find("://") != std::string_view::npos) return "its scheme is not http";

  std::string_view path;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    path = After(text, slash);
    text = First(text, slash);
    while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  }
  if (path.size() > path_prefix_.capacity()) return "its path is too long";
  if (text.empty()) return "it names no host";

  std::string_view host = text;
  std::string_view port_text = "80";
  const bool bracketed = text.front() == '[';
  if (bracketed) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return "its [ is not closed";
    host = After(First(text, end), 1);
    const std::string_view rest = After(text, end + 1);
    if (!rest.empty()) {
      if (rest.front() != ':') return "after its ] comes no :port";
      port_text = After(rest, 1);
    }
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (After(text, colon + 1).find(':') != std::string_view::npos) {
      return "an IPv6 address needs brackets around it";
    }
    host = First(text, colon);
    port_text = After(text, colon + 1);
  }

  const std::uint16_t port = ParsePort(port_text);
  if (port == 0) return "its port is not a number from 1 to 65535";
  if (const char* problem = ParseHost(host, bracketed)) return problem;
  port_ = port;
  path_prefix_.Assign(path);
  return nullptr;
}

const char* RuntimeApiAddress::ParseHost(std::string_view host, bool bracketed) {
  if (host.empty()) return "it names no host";
  if (bracketed) host = First(host, host.find('%'));  // the zone is not part of the address
  char text[INET6_ADDRSTRLEN] = {};
  if (host.size() < sizeof text) std::memcpy(text, host.data(), host.size());

  numeric_ = true;
  if (bracketed) {
    return inet_pton(AF_INET6, text, host_) == 1 ? nullptr : "between its brackets is no IPv6 address";
  }
  if (inet_pton(AF_INET, text, host_ + sizeof kMappedPrefix) == 1) {
    std::memcpy(host_, kMappedPrefix, sizeof kMappedPrefix);
    return nullptr;
  }
  numeric_ = false;
  return IsHostName(host) ? nullptr : "its host is neither an address nor a name";
}

bool RuntimeApiAddress::Matches(const sockaddr* peer, socklen_t length) const {
  if (!valid() || peer == nullptr || length < sizeof(sa_family_t)) return false;
  sa_family_t family;
  std::memcpy(&family, &peer->sa_family, sizeof family);
  if (family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in address;
    std::memcpy(&address, peer, sizeof address);
    if (PortOf(address.sin_port) != port_) return false;
    return !numeric_ || (std::memcmp(host_, kMappedPrefix, sizeof kMappedPrefix) == 0 &&
                         std::memcmp(host_ + sizeof kMappedPrefix, &address.sin_addr, 4) == 0);
  }
  if (family == AF_INET6 && length >= sizeof(sockaddr_in6) - sizeof(sockaddr_in6::sin6_scope_id)) {
    sockaddr_in6 address = {};
    std::memcpy(&address, peer, length < sizeof address ? length : sizeof address);
    if (PortOf(address.sin6_port) != port_) return false;
    return !numeric_ || std::memcmp(host_, &address.sin6_addr, sizeof host_) == 0;
  }
  return false;
}

}  // namespace cleanslate
