#include "snapshot/socket_ends.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace cleanslate {
namespace {

std::string Of(int family, const char* text, std::uint16_t port) {
  sockaddr_storage storage = {};
  if (family == AF_INET) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, text, &address.sin_addr);
    std::memcpy(&storage, &address, sizeof address);
    return DescribeAddress("tcp", storage, sizeof address);
  }
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  inet_pton(AF_INET6, text, &address.sin6_addr);
  std::memcpy(&storage, &address, sizeof address);
  return DescribeAddress("tcp", storage, sizeof address);
}

TEST(DescribeAddress, WritesAddressesAsPeopleDo) {
  EXPECT_EQ(Of(AF_INET, "10.0.0.7", 5432), "tcp 10.0.0.7:5432");
  EXPECT_EQ(Of(AF_INET6, "::1", 443), "tcp [::1]:443");
  EXPECT_EQ(Of(AF_INET6, "2001:db8::7", 443), "tcp [2001:db8::7]:443");
}

TEST(DescribeAddress, OnePeerHasOneName) {
  EXPECT_EQ(Of(AF_INET6, "::ffff:10.0.0.7", 5432), Of(AF_INET, "10.0.0.7", 5432));
}

TEST(DescribeAddress, ANameWithoutAnEndIsNotReadBeyondIt) {
  sockaddr_storage storage = {};
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memset(address.sun_path, 'x', sizeof address.sun_path);
  std::memcpy(&storage, &address, sizeof address);
  EXPECT_EQ(DescribeAddress("unix", storage, sizeof address),
            "unix " + std::string(sizeof address.sun_path, 'x'));
  EXPECT_EQ(DescribeAddress("unix", storage, sizeof address.sun_family), "");
}

TEST(DescribeSocket, SaysNothingOfWhatIsNoSocket) {
  const SocketEnds ends = DescribeSocket(-1);
  EXPECT_EQ(ends.local, "");
  EXPECT_EQ(ends.peer, "");
  EXPECT_EQ(ends.state, "");
}

}  // namespace
}  // namespace cleanslate
