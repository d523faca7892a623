#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <regex>
#include <string>

#include "emulator/faults.h"
#include "emulator/http_message.h"
#include "emulator/invocation.h"
#include "emulator/request_parser.h"
#include "emulator/routes.h"

namespace cleanslate {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The request that `text` holds, fed in pieces of `piece` bytes. Fails the test when it is not one whole
// request.
HttpRequest Parse(const std::string& text, std::size_t piece, std::size_t keep = 1 << 20) {
  RequestParser parser(keep);
  std::string buffer;
  boost::beast::error_code error;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    buffer += text.substr(at, piece);
    for (std::size_t used = 1; used > 0 && !buffer.empty() && !parser.is_done();) {
      used = parser.put(boost::asio::buffer(buffer), error);
      buffer.erase(0, used);
      if (error == boost::beast::http::error::need_more) break;
      EXPECT_FALSE(error) << error.message();
    }
  }
  EXPECT_TRUE(parser.is_done());
  return parser.TakeRequest();
}

TEST(RequestParser, TakesAnySplit) {
  const std::string text =
      "POST /a/b HTTP/1.1\r\nHost: x\r\nX-Name: Value\r\nContent-Length: 10\r\n\r\n0123456789";
  for (const std::size_t piece : {1UL, 7UL, 100UL}) {
    const HttpRequest request = Parse(text, piece);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a/b");
    EXPECT_EQ(request.Field("x-name"), "Value");
    EXPECT_EQ(request.Field("x-other"), "");
    EXPECT_EQ(request.body, "0123456789");
    EXPECT_TRUE(request.keep_alive);
  }
}

TEST(RequestParser, TrailersOfAChunkedBodyAreFields) {
  const std::string text =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n"
      "4\r\nabcd\r\n2;ext=1\r\nef\r\n0\r\nX-End: reached\r\n\r\n";
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    const HttpRequest request = Parse(text, piece);
    EXPECT_EQ(request.body, "abcdef");
    EXPECT_EQ(request.Field("x-end"), "reached");
  }
}

TEST(RequestParser, CountsWhatItDoesNotKeep) {
  const std::string body(100'000, 'x');
  const HttpRequest request =
      Parse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + body, 4096, 1000);
  EXPECT_EQ(request.body.size(), 1000U);
  EXPECT_EQ(request.body_size, 100'000U);
}

TEST(RequestParser, KeepsAFieldOfAMegabyte) {
  const std::string cause(1 << 20, 'c');
  const HttpRequest request =
      Parse("POST / HTTP/1.1\r\nHost: x\r\nLambda-Runtime-Function-XRay-Error-Cause: " + cause +
                "\r\nContent-Length: 0\r\n\r\n",
            256 << 10);
  EXPECT_EQ(request.Field("lambda-runtime-function-xray-error-cause").size(), cause.size());
}

TEST(RequestParser, ConnectionCloseAndOldVersionsEndTheConnection) {
  EXPECT_FALSE(Parse("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 100).keep_alive);
  EXPECT_FALSE(Parse("GET / HTTP/1.0\r\nHost: x\r\n\r\n", 100).keep_alive);
}

TEST(Serialize, ShortBodiesHaveALengthAndLongOnesAreChunked) {
  const std::string small = Serialize({200, {{"X-Name", "v"}}, std::string(kChunkedFrom - 1, 'x')}, {}, true);
  EXPECT_THAT(small, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(small, HasSubstr("\r\nX-Name: v\r\n"));
  EXPECT_THAT(small, HasSubstr("\r\nContent-Length: 2047\r\n"));
  EXPECT_THAT(small, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(small, Not(HasSubstr("Connection")));
  const std::string large = Serialize({200, {}, std::string(kChunkedFrom, 'x')}, {}, true);
  EXPECT_THAT(large, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(large, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(large, HasSubstr("\r\n\r\n800\r\nx"));
  EXPECT_THAT(large, EndsWith("x\r\n0\r\n\r\n"));
}

TEST(Serialize, FaultsAreLegalHttp) {
  Faults faults;
  faults.lower_case = true;
  faults.chunked = true;
  const std::string text = Serialize({202, {{"X-Name", "v"}}, "ab"}, faults, false);
  EXPECT_THAT(text, HasSubstr("\r\nx-name: v\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nconnection: close\r\n"));
  EXPECT_THAT(text, EndsWith("transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"));
}

TEST(Serialize, AValueCannotStartALineOfItsOwn) {
  const std::string text = Serialize({200, {{"Content-Type", "a\r\nX-Evil: 1"}}, ""}, {}, true);
  EXPECT_THAT(text, HasSubstr("Content-Type: a  X-Evil: 1\r\n"));
}

TEST(Routes, TheRuntimeApi) {
  const auto call = [](const char* method, const char* target) {
    return ParseRuntimeCall(method, target).call;
  };
  EXPECT_EQ(call("GET", "/2018-06-01/runtime/invocation/next"), Call::kNext);
  EXPECT_EQ(call("GET", "/2018-06-01/runtime/invocation/next?x=1"), Call::kNext);
  EXPECT_EQ(call("POST", "/2018-06-01/runtime/invocation/next"), Call::kWrongMethod);
  EXPECT_EQ(call("POST", "/2018-06-01/runtime/init/error"), Call::kInitError);
  EXPECT_EQ(call("GET", "/2018-06-01/runtime/restore/next"), Call::kRestoreNext);
  EXPECT_EQ(call("POST", "/2018-06-01/runtime/restore/error"), Call::kRestoreError);
  EXPECT_EQ(call("GET", "/2018-06-01/runtime/invocation"), Call::kUnknown);
  EXPECT_EQ(call("GET", "/"), Call::kUnknown);
  EXPECT_EQ(call("POST", "/2015-03-31/functions/function/invocations"), Call::kUnknown);
  const ParsedCall response = ParseRuntimeCall("POST", "/2018-06-01/runtime/invocation/8f5e/response");
  EXPECT_EQ(response.call, Call::kResponse);
  EXPECT_EQ(response.request_id, "8f5e");
  EXPECT_EQ(ParseRuntimeCall("POST", "/2018-06-01/runtime/invocation/8f5e/error").call, Call::kError);
}

TEST(Routes, TheInvokeEndpoint) {
  EXPECT_EQ(ParseInvokeCall("POST", "/2015-03-31/functions/function/invocations").call, Call::kInvoke);
  EXPECT_EQ(ParseInvokeCall("POST", "/2015-03-31/functions/orders/invocations").call, Call::kInvoke);
  EXPECT_EQ(ParseInvokeCall("GET", "/2015-03-31/functions/function/invocations").call, Call::kWrongMethod);
  EXPECT_EQ(ParseInvokeCall("POST", "/2018-06-01/runtime/invocation/next").call, Call::kUnknown);
}

TEST(ParseFaults, TakesItsWordsAndNamesOthers) {
  const auto faults = ParseFaults("dribble, freeze");
  ASSERT_TRUE(faults.ok());
  EXPECT_TRUE(faults->dribble && faults->freeze);
  EXPECT_FALSE(faults->close || faults->chunked || faults->lower_case);
  EXPECT_TRUE(ParseFaults("").ok());
  EXPECT_THAT(std::string(ParseFaults("dribble,slow").status().message()), HasSubstr("'slow'"));
}

TEST(Identifiers, HaveTheirForm) {
  EXPECT_TRUE(std::regex_match(
      RandomUuid(), std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
  EXPECT_TRUE(std::regex_match(RandomTraceId(),
                               std::regex("Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0")));
  EXPECT_NE(RandomUuid(), RandomUuid());
}

}  // namespace
}  // namespace cleanslate
