#include "report/json_scanner.h"

#include <gtest/gtest.h>

#include <string>

#include "nlohmann/json.hpp"

namespace cleanslate {
namespace {

TEST(JsonScanner, FindsTheEndOfAValue) {
  for (const std::string value :
       {"{}", "[]", "[1]", R"({"a":1})", R"({"a":[1,-2.5e+3,true,false,null,"x"],"b":{"c":{}}})",
        R"(["\"]}\\"])", "{ \"a\" :\n 1 }", R"(["\u0041{"])", "[[],[{}]]", "[\"\xff\"]"}) {
    EXPECT_EQ(ValueLength(value), value.size()) << value;
    EXPECT_EQ(ValueLength(value + " {}"), value.size()) << value;
    for (std::size_t cut = 0; cut < value.size(); ++cut)
      EXPECT_EQ(ValueLength(value.substr(0, cut)), 0u) << value;
  }
}

TEST(JsonScanner, StopsWhereJsonStops) {
  for (const char* text :
       {"",           "x",        "1",          "\"a\"", " {}",  "}",     "{1", "{,", "{\"a\"}",
        "{\"a\" 1",   "{\"a\":}", "{\"a\":1,}", "[,",    "[1,]", "[1 2]", "[}", "{]", "{\"a\":1 \"b\"",
        "[\"a\nb\"]", "[INFO]",   "{{",         "[\x01"}) {
    EXPECT_EQ(ValueLength(text), 0u) << text;
  }
}

TEST(JsonScanner, AcceptsWhateverAParserAccepts) {
  for (const char* text : {R"({"a":{"b":[{"c":null}]},"d":"\\"})", R"([[[[[1e5,"[{"]]]]])", R"({"":""})"}) {
    ASSERT_TRUE(nlohmann::json::accept(text));
    EXPECT_EQ(ValueLength(text), std::string(text).size());
  }
}

TEST(JsonScanner, BoundsItsDepth) {
  const std::string deepest =
      std::string(JsonScanner::kDeepest, '[') + std::string(JsonScanner::kDeepest, ']');
  EXPECT_EQ(ValueLength(deepest), deepest.size());
  EXPECT_EQ(ValueLength("[" + deepest + "]"), 0u);
}

TEST(JsonScanner, KnowsTheOutermostMember) {
  JsonScanner scanner;
  for (const char c : std::string(R"({"first":{"inner":1},"events":[)")) scanner.Feed(c);
  EXPECT_EQ(scanner.member(), "events");
  EXPECT_EQ(scanner.depth(), 2);
  EXPECT_TRUE(scanner.in_array());
  EXPECT_FALSE(scanner.in_text());
}

}  // namespace
}  // namespace cleanslate
