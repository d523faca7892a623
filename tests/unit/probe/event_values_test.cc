#include "probe/event_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace cleanslate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

HeldValue Text(const char* field) {
  return {field, false};
}

std::vector<HeldValue> Found(const EventValues& values, std::string_view text) {
  std::vector<HeldValue> held;
  values.Find(text, held);
  return held;
}

std::vector<HeldValue> Found(const EventValues& values, double number) {
  std::vector<HeldValue> held;
  values.Find(number, held);
  return held;
}

EventValues Of(std::string_view json) {
  EventValues values;
  values.Add(json);
  return values;
}

TEST(EventValues, NamesTheFieldThatATextComesFrom) {
  const EventValues values =
      Of(R"({"user": {"token": "s3cr3t-0001"}, "items": [{"id": "x"}, {"id": "item-number-2"}]})");
  EXPECT_THAT(Found(values, "s3cr3t-0001"), ElementsAre(Text("event.user.token")));
  EXPECT_THAT(Found(values, "Bearer s3cr3t-0001, item-number-2."),
              UnorderedElementsAre(Text("event.user.token"), Text("event.items[1].id")));
  EXPECT_THAT(Found(values, "s3cr3t-0002"), IsEmpty());
  EXPECT_THAT(Found(values, ""), IsEmpty());
}

TEST(EventValues, ShortTextsAreNoEvidence) {
  EXPECT_TRUE(Of(R"({"a": "1234567"})").empty());
  EXPECT_FALSE(Of(R"({"a": "12345678"})").empty());
}

TEST(EventValues, DecodesEscapesAndLooksIntoJsonInsideTexts) {
  const EventValues values =
      Of(R"({"body": "{\"card\": \"4111-1111 \\u00e9\"}", "Records": [{"body": "[\"deep-in-here\"]"}]})");
  EXPECT_THAT(Found(values, "4111-1111 \xc3\xa9"), ElementsAre(Text("event.body.card")));
  EXPECT_THAT(Found(values, "deep-in-here"), ElementsAre(Text("event.Records[0].body[0]")));
  EXPECT_THAT(Found(values, R"(["deep-in-here"])"),
              UnorderedElementsAre(Text("event.Records[0].body"), Text("event.Records[0].body[0]")));
}

TEST(EventValues, MemberNamesThatMayBeDataAreNotShown) {
  const EventValues values = Of(
      R"({"ann@example.org": "her-secret-1", "user_12345678": "his-secret-1", "x-api-key": "key-number-1"})");
  EXPECT_THAT(Found(values, "her-secret-1"), ElementsAre(Text("event.*")));
  EXPECT_THAT(Found(values, "his-secret-1"), ElementsAre(Text("event.*")));
  EXPECT_THAT(Found(values, "key-number-1"), ElementsAre(Text("event.x-api-key")));
}

TEST(EventValues, FindsNumbersByValue) {
  const EventValues values = Of(R"({"user": {"id": 4711}, "few": 12, "price": 1234.5})");
  EXPECT_THAT(Found(values, 4711), ElementsAre(HeldValue{"event.user.id", true}));
  EXPECT_THAT(Found(values, 1234.5), ElementsAre(HeldValue{"event.price", true}));
  EXPECT_THAT(Found(values, 12), IsEmpty());
}

TEST(EventValues, WhatIsNoJsonIsOneText) {
  EXPECT_THAT(Found(Of("plain text event"), "a plain text event."), ElementsAre(Text("event")));
  // Cut off: what came before is known by its field.
  const EventValues cut = Of(R"({"token": "before-the-cut", "rest": "xxxx)");
  EXPECT_THAT(Found(cut, "before-the-cut"), ElementsAre(Text("event.token")));
  EXPECT_TRUE(Of("").empty());
}

TEST(EventValues, DeepEventsAreReadAsFarAsTheyAreSane) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "[";
  EXPECT_FALSE(Of(deep).empty());
}

TEST(EventValues, KeysAreRecognised) {
  const EventValues values = Of(R"({"customer": "customer-77"})");
  EXPECT_TRUE(values.Holds("profile:customer-77"));
  EXPECT_FALSE(values.Holds("profile:customer-78"));
}

TEST(EventValues, ForgetsWhenWipedOrMovedFrom) {
  EventValues values = Of(R"({"token": "s3cr3t-0001"})");
  EventValues other = std::move(values);
  EXPECT_TRUE(values.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_THAT(Found(other, "s3cr3t-0001"), ElementsAre(Text("event.token")));
  other.Wipe();
  EXPECT_THAT(Found(other, "s3cr3t-0001"), IsEmpty());
  other.Add(R"({"token": "s3cr3t-0002"})");
  EXPECT_THAT(Found(other, "s3cr3t-0002"), ElementsAre(Text("event.token")));
}

TEST(EventValues, IsBounded) {
  std::string json = "[";
  for (std::size_t i = 0; i < EventValues::kMost + 10; ++i)
    json += "\"value-number-" + std::to_string(i) + "\",";
  EXPECT_EQ(Of(json + "0]").left_out(), 10);
}

}  // namespace
}  // namespace cleanslate
