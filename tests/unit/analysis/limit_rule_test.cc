#include "analysis/limit_rule.h"

#include "analysis/rule_names.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cleanslate {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Draw Of(std::string_view resource, std::string_view unit, double per_window, std::int64_t limit,
        std::int64_t headroom) {
  Draw draw;
  draw.resource = resource;
  draw.unit = unit;
  draw.per_window = per_window;
  draw.limit = limit;
  draw.headroom = headroom;
  draw.first_seen = 2;
  return draw;
}

struct LimitCase {
  const char* name;
  std::vector<Draw> draws;
  const char* fact;  // empty: none
  Severity severity = Severity::kWarning;
};

class Limit : public testing::TestWithParam<LimitCase> {};

TEST_P(Limit, IsToldOfWhenItIsNear) {
  const Drafts drafts = ApproachingLimits(GetParam().draws);
  if (*GetParam().fact == '\0') {
    EXPECT_THAT(drafts, IsEmpty());
    return;
  }
  ASSERT_THAT(drafts, SizeIs(1));
  EXPECT_EQ(drafts[0].rule, kLimitApproaching);
  EXPECT_EQ(drafts[0].fact, GetParam().fact);
  EXPECT_EQ(drafts[0].severity, GetParam().severity);
}

INSTANTIATE_TEST_SUITE_P(
    All, Limit,
    testing::Values(
        LimitCase{"Descriptors",
                  {Of("descriptors", "descriptors", 2, 1024, 1000)},
                  "at this pace descriptors will be used up in 500 invocations: 1000 of 1024 left"},
        LimitCase{"Memory",
                  {Of("memory", "bytes", 1 << 20, 128 << 20, 64 << 20)},
                  "at this pace memory will be used up in 64 invocations: 64.0 MB of 128.0 MB left",
                  Severity::kCritical},
        LimitCase{
            "SeveralCausesOfOneLimit",
            {Of("/tmp", "bytes", 1000, 1 << 20, 1'000'000), Of("/tmp", "bytes", 1000, 1 << 20, 1'000'000)},
            "at this pace /tmp will be used up in 500 invocations: 976.6 KB of 1.0 MB left"},
        LimitCase{"UsedUp",
                  {Of("descriptors", "descriptors", 2, 1024, 0)},
                  "at this pace descriptors will be used up in 0 invocations: 0 of 1024 left",
                  Severity::kCritical},
        LimitCase{"FarAway", {Of("descriptors", "descriptors", 1, 1024, 1000)}, ""},
        LimitCase{"NoGrowth", {Of("descriptors", "descriptors", 0, 1024, 10)}, ""},
        LimitCase{"NoLimit", {Of("memory", "bytes", 1 << 20, 0, 0)}, ""}),
    [](const auto& info) { return info.param.name; });

TEST(Limit, KeepsResourcesApart) {
  EXPECT_THAT(ApproachingLimits({Of("memory", "bytes", 1 << 20, 128 << 20, 64 << 20),
                                 Of("descriptors", "descriptors", 2, 1024, 1000)}),
              SizeIs(2));
}

}  // namespace
}  // namespace cleanslate
