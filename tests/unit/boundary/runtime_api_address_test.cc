#include "boundary/runtime_api_address.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <string>

namespace cleanslate {
namespace {

using ::testing::HasSubstr;

bool Matches4(const RuntimeApiAddress& address, const char* host, int port) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(port));
  EXPECT_EQ(inet_pton(AF_INET, host, &peer.sin_addr), 1);
  return address.Matches(reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
}

bool Matches6(const RuntimeApiAddress& address, const char* host, int port) {
  sockaddr_in6 peer{};
  peer.sin6_family = AF_INET6;
  peer.sin6_port = htons(static_cast<std::uint16_t>(port));
  EXPECT_EQ(inet_pton(AF_INET6, host, &peer.sin6_addr), 1);
  return address.Matches(reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
}

RuntimeApiAddress Parsed(std::string_view text) {
  RuntimeApiAddress address;
  const char* problem = address.Parse(text);
  EXPECT_EQ(problem, nullptr) << text << ": " << problem;
  return address;
}

TEST(RuntimeApiAddress, NumericHostsMatchExactly) {
  const RuntimeApiAddress address = Parsed("127.0.0.1:9001");
  EXPECT_TRUE(address.numeric());
  EXPECT_TRUE(Matches4(address, "127.0.0.1", 9001));
  EXPECT_FALSE(Matches4(address, "127.0.0.1", 9002));
  EXPECT_FALSE(Matches4(address, "127.0.0.2", 9001));
  EXPECT_FALSE(Matches6(address, "::1", 9001));
}

TEST(RuntimeApiAddress, MappedAddressesAreTheSame) {
  EXPECT_TRUE(Matches6(Parsed("127.0.0.1:9001"), "::ffff:127.0.0.1", 9001));
  EXPECT_TRUE(Matches4(Parsed("[::ffff:127.0.0.1]:9001"), "127.0.0.1", 9001));
}

TEST(RuntimeApiAddress, ReadsIpv6InBrackets) {
  const RuntimeApiAddress address = Parsed("[::1]:9001");
  EXPECT_TRUE(Matches6(address, "::1", 9001));
  EXPECT_FALSE(Matches6(address, "::2", 9001));
  EXPECT_FALSE(Matches4(address, "127.0.0.1", 9001));
  EXPECT_TRUE(Matches6(Parsed("[fe80::1%eth0]:9001"), "fe80::1", 9001));
}

TEST(RuntimeApiAddress, OfAHostNameThePortDecides) {
  const RuntimeApiAddress address = Parsed("localhost:9001");
  EXPECT_FALSE(address.numeric());
  EXPECT_TRUE(Matches4(address, "127.0.0.1", 9001));
  EXPECT_TRUE(Matches6(address, "::1", 9001));
  EXPECT_FALSE(Matches4(address, "127.0.0.1", 9002));
}

TEST(RuntimeApiAddress, ThePortIs80WhereNoneIsNamed) {
  EXPECT_EQ(Parsed("127.0.0.1").port(), 80);
  EXPECT_EQ(Parsed("[::1]").port(), 80);
  EXPECT_EQ(Parsed("runtime-api").port(), 80);
}

TEST(RuntimeApiAddress, TakesTheSchemeAndPathThatEmulatorsWrite) {
  const RuntimeApiAddress address = Parsed("http://127.0.0.1:9000/worker/7/");
  EXPECT_EQ(address.path_prefix(), "/worker/7");
  EXPECT_TRUE(Matches4(address, "127.0.0.1", 9000));
}

TEST(RuntimeApiAddress, OtherFamiliesAndShortAddressesDoNotMatch) {
  const RuntimeApiAddress address = Parsed("localhost:9001");
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(address.Matches(reinterpret_cast<const sockaddr*>(&local), sizeof local));
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(9001);
  EXPECT_FALSE(address.Matches(reinterpret_cast<const sockaddr*>(&peer), 4));
  EXPECT_FALSE(address.Matches(nullptr, 0));
  EXPECT_FALSE(RuntimeApiAddress().Matches(reinterpret_cast<const sockaddr*>(&peer), sizeof peer));
}

struct Wrong {
  const char* text;
  const char* said;
};
class WrongRuntimeApiAddress : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongRuntimeApiAddress, SaysWhatIsWrongAndMatchesNothing) {
  RuntimeApiAddress address = Parsed("127.0.0.1:9001");
  const char* problem = address.Parse(GetParam().text);
  ASSERT_NE(problem, nullptr);
  EXPECT_THAT(problem, HasSubstr(GetParam().said));
  EXPECT_FALSE(address.valid());
  EXPECT_FALSE(Matches4(address, "127.0.0.1", 9001));
}

INSTANTIATE_TEST_SUITE_P(Texts, WrongRuntimeApiAddress,
                         ::testing::Values(Wrong{"", "no host"}, Wrong{":9001", "no host"},
                                           Wrong{"127.0.0.1:", "port"}, Wrong{"127.0.0.1:0", "port"},
                                           Wrong{"127.0.0.1:65536", "port"}, Wrong{"127.0.0.1:90a", "port"},
                                           Wrong{"127.0.0.1:-1", "port"},
                                           Wrong{"127.0.0.1:123456789", "port"},
                                           Wrong{"https://127.0.0.1:9001", "scheme"},
                                           Wrong{"::1:9001", "brackets"}, Wrong{"[::1:9001", "not closed"},
                                           Wrong{"[::1]9001", ":port"}, Wrong{"[127.0.0.1]:9001", "IPv6"},
                                           Wrong{"[]:9001", "no host"}, Wrong{"a host:9001", "name"},
                                           Wrong{"host\n:9001", "name"}));

TEST(RuntimeApiAddress, ALongNameIsRefused) {
  RuntimeApiAddress address;
  EXPECT_NE(address.Parse(std::string(300, 'a') + ":9001"), nullptr);
}

}  // namespace
}  // namespace cleanslate
