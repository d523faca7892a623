#include "analysis/fingerprint.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

std::string Of(const std::string& rule, const std::string& function, const std::string& module,
               const std::string& pattern = "") {
  Frame frame;
  frame.function = function;
  frame.module = module;
  return Fingerprint(rule, {&frame, true, false}, pattern);
}

TEST(Fingerprint, IsTheSameInEveryBuildAndEnvironment) {
  const std::string one = Of("heap-growth", "cart::Add(int)", "libcart.so.1");
  EXPECT_THAT(one, testing::MatchesRegex("v1:[0-9a-f]{16}"));
  EXPECT_EQ(one, Of("heap-growth", "cart::Add(int) [clone .constprop.0]", "libcart.so.2.4"));
  Frame moved;
  moved.function = "cart::Add(int)";
  moved.module = "libcart.so";
  moved.file = "cart.cc";
  moved.line = 99;
  moved.offset = 0x1234;
  moved.build_id = "abcd";
  EXPECT_EQ(one, Fingerprint("heap-growth", {&moved, true, false}, ""));
}

// Stored baselines and suppressions hold these digits: they change only together with "v1".
TEST(Fingerprint, IsFixedForAllTime) {
  EXPECT_EQ(Of("heap-growth", "grow", "libleak.so"), "v1:865fa76682a59bc0");
  EXPECT_EQ(Fingerprint("tmp-growth", {}, "/invoice-*.txt"), "v1:751ffa8c39df8aed");
}

TEST(Fingerprint, TellsCausesApart) {
  EXPECT_NE(Of("heap-growth", "grow", "libleak.so"), Of("heap-growth", "grow2", "libleak.so"));
  EXPECT_NE(Of("heap-growth", "grow", "libleak.so"), Of("heap-growth", "grow", "libother.so"));
  EXPECT_NE(Of("heap-growth", "grow", "libleak.so"), Of("mapping-growth", "grow", "libleak.so"));
  EXPECT_NE(Fingerprint("tmp-growth", {}, "/a-*"), Fingerprint("tmp-growth", {}, "/b-*"));
  EXPECT_NE(Fingerprint("ab", {}, "c"), Fingerprint("a", {}, "bc"));
}

TEST(Fingerprint, TakesThePatternWhereNobodyIsNamed) {
  Frame unnamed;
  unnamed.module = "node";
  EXPECT_EQ(Fingerprint("descriptor-leak", {&unnamed, false, false}, "/srv/a-*"),
            Fingerprint("descriptor-leak", {}, "/srv/a-*"));
  // A test's server, or a tunnel, listens at another ephemeral port each time.
  EXPECT_EQ(Fingerprint("connection-leak", {}, "tcp 127.0.0.1:41234"),
            Fingerprint("connection-leak", {}, "tcp 127.0.0.1:50001"));
  EXPECT_NE(Fingerprint("connection-leak", {}, "tcp 127.0.0.1:5432"),
            Fingerprint("connection-leak", {}, "tcp 127.0.0.1:6379"));
}

}  // namespace
}  // namespace cleanslate
