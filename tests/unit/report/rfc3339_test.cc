#include "report/rfc3339.h"

#include <gtest/gtest.h>

#include <limits>

namespace cleanslate {
namespace {

TEST(Rfc3339, WritesUtcWithMilliseconds) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(Rfc3339(1795410131123), "2026-11-23T05:02:11.123Z");
  EXPECT_EQ(Rfc3339(951782400001), "2000-02-29T00:00:00.001Z");
  EXPECT_EQ(Rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, StaysWithinFourDigitsOfYear) {
  EXPECT_EQ(Rfc3339(std::numeric_limits<std::int64_t>::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(Rfc3339(std::numeric_limits<std::int64_t>::min()), "0000-01-01T00:00:00.000Z");
}

TEST(Rfc3339, ReadsWhatLogsHold) {
  EXPECT_EQ(ParseRfc3339("2026-11-23T05:02:11.123Z"), 1795410131123);
  EXPECT_EQ(ParseRfc3339("2026-11-23T05:02:11Z"), 1795410131000);
  EXPECT_EQ(ParseRfc3339("2026-11-23 05:02:11.123456789z"), 1795410131123);
  EXPECT_EQ(ParseRfc3339("2026-11-23T06:32:11.5+01:30"), 1795410131500);
  EXPECT_EQ(ParseRfc3339("1969-12-31T23:59:59.999-00:00"), -1);
}

TEST(Rfc3339, RefusesTheRest) {
  for (const char* text : {"", "2026-11-23", "2026-11-23T05:02:11", "2026-13-01T00:00:00Z",
                           "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T05:02:11.Z",
                           "2026-11-23T05:02:11+1:00", "2026-11-23T05:02:11Z ", "+026-11-23T05:02:11Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cleanslate
