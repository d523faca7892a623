#include "boundary/runtime_api_route.h"

#include <gtest/gtest.h>

namespace cleanslate {
namespace {

RouteKind KindOf(std::string_view method, std::string_view target, std::string_view prefix = "") {
  return ParseRoute(method, target, prefix).kind;
}

TEST(RuntimeApiRoute, NamesEveryRoute) {
  EXPECT_EQ(KindOf("GET", "/2018-06-01/runtime/invocation/next"), RouteKind::kNext);
  EXPECT_EQ(KindOf("GET", "/2018-06-01/runtime/restore/next"), RouteKind::kRestoreNext);
  EXPECT_EQ(KindOf("POST", "/2018-06-01/runtime/restore/error"), RouteKind::kRestoreError);
  EXPECT_EQ(KindOf("POST", "/2018-06-01/runtime/init/error"), RouteKind::kInitError);
  EXPECT_EQ(KindOf("POST", "/2018-06-01/runtime/invocation/8f5e/response"), RouteKind::kResponse);
  EXPECT_EQ(KindOf("POST", "/2018-06-01/runtime/invocation/8f5e/error"), RouteKind::kError);
  EXPECT_EQ(ParseRoute("POST", "/2018-06-01/runtime/invocation/8f5e/error", "").request_id, "8f5e");
}

TEST(RuntimeApiRoute, TakesAnyDateAsTheVersion) {
  EXPECT_EQ(KindOf("GET", "/2031-12-24/runtime/invocation/next"), RouteKind::kNext);
  EXPECT_EQ(KindOf("GET", "/latest/runtime/invocation/next"), RouteKind::kOther);
  EXPECT_EQ(KindOf("GET", "/2018-6-1/runtime/invocation/next"), RouteKind::kOther);
}

TEST(RuntimeApiRoute, TakesAbsoluteTargetsQueriesAndPrefixes) {
  EXPECT_EQ(KindOf("GET", "http://127.0.0.1:9001/2018-06-01/runtime/invocation/next?x=1"), RouteKind::kNext);
  EXPECT_EQ(KindOf("GET", "/worker/7/2018-06-01/runtime/invocation/next", "/worker/7"), RouteKind::kNext);
  EXPECT_EQ(KindOf("GET", "/2018-06-01/runtime/invocation/next", "/worker/7"), RouteKind::kOther);
  EXPECT_EQ(KindOf("GET", "http://127.0.0.1:9001"), RouteKind::kOther);
}

TEST(RuntimeApiRoute, IsNotFooledByLikePaths) {
  EXPECT_EQ(KindOf("GET", "/"), RouteKind::kOther);
  EXPECT_EQ(KindOf("GET", ""), RouteKind::kOther);
  EXPECT_EQ(KindOf("POST", "/2020-01-01/extension/register"), RouteKind::kOther);
  EXPECT_EQ(KindOf("GET", "/x?/2018-06-01/runtime/invocation/next"), RouteKind::kOther);
  EXPECT_EQ(KindOf("POST", "/2018-06-01/runtime/invocation/next"), RouteKind::kUnknown);
  EXPECT_EQ(KindOf("GET", "/2018-06-01/runtime/invocation/8f5e/response"), RouteKind::kUnknown);
  EXPECT_EQ(KindOf("GET", "/2018-06-01/runtime/invocation/next/"), RouteKind::kUnknown);
  EXPECT_EQ(KindOf("POST", "/2018-06-01/runtime/invocation//response"), RouteKind::kUnknown);
  EXPECT_EQ(KindOf("POST", "/2018-06-01/runtime/invocation/8f5e/responses"), RouteKind::kUnknown);
}

}  // namespace
}  // namespace cleanslate
