#include "boundary/http_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http_events.h"

namespace cleanslate {
namespace {

using ::testing::ElementsAre;
using Events = std::vector<std::string>;

constexpr auto kRequests = HttpStream::Direction::kRequests;
constexpr auto kReplies = HttpStream::Direction::kReplies;

// The events of `bytes`, after having seen that every split gives the same.
Events InEverySplit(HttpStream::Direction direction, const std::string& bytes) {
  const Events whole = HttpEvents(direction, bytes);
  for (const std::size_t piece : {1, 2, 7}) EXPECT_EQ(HttpEvents(direction, bytes, piece), whole);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(HttpEventsCutAt(direction, bytes, cut), whole) << "cut at " << cut;
  }
  return whole;
}
Events OfRequests(const std::string& bytes) {
  return InEverySplit(kRequests, bytes);
}
Events OfReplies(const std::string& bytes) {
  return InEverySplit(kReplies, bytes);
}

TEST(HttpStream, RequestWithoutBodyEndsWithItsHead) {
  EXPECT_THAT(OfRequests("GET /next HTTP/1.1\r\nHost: a\r\n\r\n"), ElementsAre("head GET /next", "end"));
}

TEST(HttpStream, SkipsABodyByItsLength) {
  EXPECT_THAT(OfRequests("POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n\r\n"),
              ElementsAre("head POST /a", "body hello", "end", "head GET /b", "end"));
}

TEST(HttpStream, ABodyOfLengthZeroEndsAtOnce) {
  EXPECT_THAT(OfRequests("POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /b HTTP/1.1\r\n\r\n"),
              ElementsAre("head POST /a", "end", "head GET /b", "end"));
}

TEST(HttpStream, TextOfARequestInABodyIsBody) {
  const std::string fake = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_THAT(
      OfRequests("POST /a HTTP/1.1\r\nContent-Length: " + std::to_string(fake.size()) + "\r\n\r\n" + fake),
      ElementsAre("head POST /a", "body " + fake, "end"));
  const std::string chunk = "3d\r\n" + fake + "\r\n";
  ASSERT_EQ(fake.size(), 0x3du);
  EXPECT_THAT(OfRequests("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n"),
              ElementsAre("head POST /a", "body " + fake, "end"));
}

TEST(HttpStream, SkipsChunksWithExtensionsAndTrailers) {
  EXPECT_THAT(OfRequests("POST /a HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n"
                         "5;name=\"va;lue\"\r\nhello\r\n00A \r\n, world...\r\n"
                         "0;last\r\nLambda-Runtime-Function-Error-Type: Oops\r\nX: y\r\n\r\n"
                         "GET /b HTTP/1.1\r\n\r\n"),
              ElementsAre("head POST /a", "body hello, world...", "end error=Oops", "head GET /b", "end"));
}

TEST(HttpStream, TrailersDoNotReframe) {
  EXPECT_THAT(
      OfRequests("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n"
                 "GET /b HTTP/1.1\r\n\r\n"),
      ElementsAre("head POST /a", "end", "head GET /b", "end"));
}

TEST(HttpStream, ChunksPrevailOverALength) {
  EXPECT_THAT(OfRequests("POST /a HTTP/1.1\r\nContent-Length: 90\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "1\r\nx\r\n0\r\n\r\n"),
              ElementsAre("head POST /a", "body x", "end"));
}

TEST(HttpStream, ReadsFieldsInAnyCaseAndTrimsThem) {
  EXPECT_THAT(
      OfReplies(
          "HTTP/1.1 200 OK\r\nlAMBDA-rUNTIME-aws-request-ID: \t 8f5e-1 \t\r\ncontent-LENGTH:2\r\n\r\n{}"),
      ElementsAre("head 200 id=8f5e-1", "body {}", "end"));
}

TEST(HttpStream, ToleratesFoldedFieldsAndBareLineFeeds) {
  EXPECT_THAT(
      OfReplies("HTTP/1.1 200 OK\nLambda-Runtime-Aws-Request-Id:\n\t8f5e\nContent-Length: 2\r\n\r\n{}"),
      ElementsAre("head 200 id=8f5e", "body {}", "end"));
  EXPECT_THAT(OfReplies("HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 7\r\nContent-Length: 2\r\n\r\n{}"),
              ElementsAre("head 200", "body {}", "end"));
}

TEST(HttpStream, ALongerNameThatBeginsLikeOneOfOursIsAnother) {
  EXPECT_THAT(OfReplies("HTTP/1.1 200 OK\r\nContent-Length-Of-Something: 9\r\n"
                        "Lambda-Runtime-Aws-Request-Id-And-A-Very-Long-Tail-Beyond-What-We-Keep: 9\r\n"
                        "Content-Length: 1\r\n\r\nx"),
              ElementsAre("head 200", "body x", "end"));
}

TEST(HttpStream, InterimRepliesPassInSilence) {
  EXPECT_THAT(OfReplies("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                        "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"),
              ElementsAre("head 202", "body ok", "end"));
}

TEST(HttpStream, SomeRepliesHaveNoBody) {
  EXPECT_THAT(
      OfReplies("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n"
                "HTTP/1.1 202\r\nContent-Length: 1\r\n\r\nx"),
      ElementsAre("head 204", "end", "head 304", "end", "head 202", "body x", "end"));
}

TEST(HttpStream, AReplyToHeadHasNoBody) {
  HttpStream stream;
  stream.Start(kReplies);
  std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1 404 No\r\n";
  HttpEvent event;
  bytes.remove_prefix(stream.Next(bytes, event));
  ASSERT_EQ(event.kind, HttpEvent::kHead);
  stream.SkipBody();
  EXPECT_EQ(stream.Next(bytes, event), 0u);
  EXPECT_EQ(event.kind, HttpEvent::kMessageEnd);
}

TEST(HttpStream, AReplyWithoutLengthEndsWithTheConnection) {
  HttpStream stream;
  stream.Start(kReplies);
  EXPECT_FALSE(stream.EndOfStream());
  std::string_view bytes = "HTTP/1.0 200 OK\r\n\r\nall of HTTP/1.1 200 OK\r\n\r\nthis";
  HttpEvent event;
  bytes.remove_prefix(stream.Next(bytes, event));
  bytes.remove_prefix(stream.Next(bytes, event));
  EXPECT_EQ(event.body, "all of HTTP/1.1 200 OK\r\n\r\nthis");
  EXPECT_TRUE(stream.in_message());
  EXPECT_TRUE(stream.EndOfStream());
}

TEST(HttpStream, AReplyCutShortIsNotComplete) {
  HttpStream stream;
  stream.Start(kReplies);
  std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell";
  HttpEvent event;
  do {
    bytes.remove_prefix(stream.Next(bytes, event));
  } while (event.kind != HttpEvent::kNone);
  EXPECT_FALSE(stream.EndOfStream());
}

TEST(HttpStream, AHeadOfAMegabyteStreamsThrough) {
  const std::string cause(1 << 20, 'x');
  const std::string bytes = "POST /a HTTP/1.1\r\nLambda-Runtime-Function-XRay-Error-Cause: " + cause +
                            "\r\nContent-Length: 2\r\n\r\n{}";
  EXPECT_THAT(HttpEvents(kRequests, bytes, 1), ElementsAre("head POST /a", "body {}", "end"));
  EXPECT_THAT(HttpEvents(kRequests, bytes), ElementsAre("head POST /a", "body {}", "end"));
}

TEST(HttpStream, ATargetTooLongToKeepHasNoNameButIsFollowed) {
  const std::string bytes = "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
  EXPECT_THAT(OfRequests(bytes), ElementsAre("head  ", "end", "head GET /b", "end"));
}

TEST(HttpStream, EqualLengthsCountOnce) {
  EXPECT_THAT(OfReplies("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2, 2\r\n\r\nok"),
              ElementsAre("head 200", "body ok", "end"));
}

TEST(HttpStream, TheIdentityCodingChangesNothing) {
  EXPECT_THAT(OfReplies("HTTP/1.1 200 OK\r\nTransfer-Encoding: Identity\r\nContent-Length: 2\r\n\r\nok"),
              ElementsAre("head 200", "body ok", "end"));
  EXPECT_THAT(
      OfReplies(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, identity\r\nContent-Length: 2\r\n\r\nuntil close"),
      ElementsAre("head 200", "body until close"));
}

TEST(HttpStream, KeepsDeadlineAndTraceAndOwner) {
  HttpStream stream;
  stream.Start(kReplies);
  std::string_view bytes =
      "HTTP/1.1 200 OK\r\nLambda-Runtime-Deadline-Ms: 1795410131123\r\nLambda-Runtime-Trace-Id: Root=1\r\n"
      "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:1:function:f\r\n"
      "Lambda-Runtime-Aws-Tenant-Id: blue\r\nContent-Length: 0\r\n\r\n";
  HttpEvent event;
  stream.Next(bytes, event);
  EXPECT_EQ(stream.head().deadline_ms(), 1795410131123);
  EXPECT_TRUE(stream.head().has_trace_id);
  EXPECT_EQ(stream.head().function_arn.view(), "arn:aws:lambda:eu-west-1:1:function:f");
  EXPECT_EQ(stream.head().tenant_id.view(), "blue");
}

struct Malformed {
  const char* what;
  HttpStream::Direction direction;
  std::string bytes;
  std::size_t events_before;
};

class HttpStreamLosesItself : public ::testing::TestWithParam<Malformed> {};

TEST_P(HttpStreamLosesItself, AndStaysQuiet) {
  const Malformed& malformed = GetParam();
  const std::string tail = malformed.direction == kRequests
                               ? "\r\n\r\nGET /b HTTP/1.1\r\n\r\n"
                               : "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const Events events = InEverySplit(malformed.direction, malformed.bytes + tail);
  ASSERT_EQ(events.size(), malformed.events_before + 1);
  EXPECT_EQ(events.back(), "lost");
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, HttpStreamLosesItself,
    ::testing::Values(
        Malformed{"Tls", kRequests, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9), 0},
        Malformed{"Http2", kRequests, "PRI * HTTP/2.0", 0}, Malformed{"NoVersion", kRequests, "GET /a", 0},
        Malformed{"BlankInTarget", kRequests, "GET /a b HTTP/1.1", 0},
        Malformed{"ReplyWhereARequestIs", kRequests, "HTTP/1.1 200 OK", 0},
        Malformed{"NoColon", kRequests, "GET /a HTTP/1.1\r\nHost", 0},
        Malformed{"BlankBeforeColon", kRequests, "GET /a HTTP/1.1\r\nContent-Length : 4", 0},
        Malformed{"EmptyName", kRequests, "GET /a HTTP/1.1\r\n: 4", 0},
        Malformed{"FoldWithoutField", kRequests, "GET /a HTTP/1.1\r\n x: y", 0},
        Malformed{"BareCarriageReturn", kRequests, "GET /a HTTP/1.1\r\nX: a\rb: c", 0},
        Malformed{"NulInValue", kRequests, std::string("GET /a HTTP/1.1\r\nX: a\0b", 23), 0},
        Malformed{"LengthNotANumber", kRequests, "POST /a HTTP/1.1\r\nContent-Length: +5", 0},
        Malformed{"LengthEmpty", kRequests, "POST /a HTTP/1.1\r\nContent-Length:", 0},
        Malformed{"LengthsDiffer", kRequests, "POST /a HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6",
                  0},
        Malformed{"LengthTooLong", kRequests, "POST /a HTTP/1.1\r\nContent-Length: 18446744073709551617", 0},
        Malformed{"CodingUnknown", kRequests, "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip", 0},
        Malformed{"ChunkedTwice", kRequests, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked, chunked", 0},
        Malformed{"ChunkedIn10", kRequests, "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked", 0},
        Malformed{"ChunkSizeNotHex", kRequests, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz",
                  1},
        Malformed{"ChunkSizeTooLong", kRequests,
                  "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000", 1},
        Malformed{"ChunkLongerThanSaid", kRequests,
                  "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy", 2},
        Malformed{"LineFeedInExtension", kRequests,
                  "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nx", 1},
        Malformed{"RequestWhereAReplyIs", kReplies, "GET / HTTP/1.1", 0},
        Malformed{"StatusNotANumber", kReplies, "HTTP/1.1 2x0 OK", 0},
        Malformed{"AnotherProtocolFollows", kReplies, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c", 0}),
    [](const auto& info) { return info.param.what; });

}  // namespace
}  // namespace cleanslate
