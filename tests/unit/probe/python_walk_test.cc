#include "probe/python/walk.h"

#include <gtest/gtest.h>

namespace cleanslate {
namespace {

TEST(LooksLikeTextTest, IsWhatPeopleCanRead) {
  EXPECT_TRUE(LooksLikeText(R"({"token": "s3cr3t"})"));
  EXPECT_TRUE(LooksLikeText(std::string_view("\x0a\x0bhello world\x12", 14)));  // a message with fields
  EXPECT_FALSE(LooksLikeText(std::string(1000, '\0')));
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  EXPECT_FALSE(LooksLikeText(all));
}

TEST(LooksLikeTimeTest, DatesAndTimes) {
  for (const char* text :
       {"2026-11-27", "2026-11-27T17:20:44.123Z", "2026-11-27 17:20:44,123+0000", "17:20:44", "11/27/2026",
        "Fri, 27 Nov 2026 17:19:44 GMT", "Fri Nov 27 17:19:44 2026", "1795410131.123", "5:20 PM 12"})
    EXPECT_TRUE(LooksLikeTime(text)) << text;
}

TEST(LooksLikeTimeTest, AllElse) {
  for (const char* text : {"", "1234", "+1 555 0100 11", "10.0.0.1", "555-123-4567", "order-2026", "a:b:c:d",
                           "8f5e1c9a-0000-4000-8000-123456789abc", "user:4711", "somebody@example.org",
                           "arn:aws:lambda:eu-west-1:123456789012:function:orders", "3.14159"})
    EXPECT_FALSE(LooksLikeTime(text)) << text;
}

}  // namespace
}  // namespace cleanslate
