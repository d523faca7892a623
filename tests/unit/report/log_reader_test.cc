#include "report/log_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gzip_text.h"
#include "nlohmann/json.hpp"
#include "report/json_line.h"
#include "sample_reports.h"

namespace cleanslate {
namespace {

using namespace std::string_literals;
using nlohmann::ordered_json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A report that is told from others by its window.
std::string Line(int window) {
  Report report = samples::Orders();
  report.window.first = report.window.last = window;
  return ToLine(report);
}

struct Read {
  std::vector<std::int64_t> windows;
  std::int64_t torn = 0;
  std::int64_t foreign = 0;
};

Read ReadInPieces(const std::string& text, std::size_t piece) {
  Read result;
  LogReader reader([&result](const Report& report) { result.windows.push_back(report.window.first); });
  for (std::size_t at = 0; at < text.size(); at += piece)
    reader.Feed(std::string_view(text).substr(at, piece));
  reader.Finish();
  result.torn = reader.counts().torn;
  result.foreign = reader.counts().foreign;
  EXPECT_EQ(reader.reports(), static_cast<std::int64_t>(result.windows.size()));
  return result;
}

// The result must not depend on how the bytes come in.
Read ReadLog(const std::string& text) {
  const Read whole = ReadInPieces(text, text.size() + 1);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    const Read pieces = ReadInPieces(text, piece);
    EXPECT_EQ(pieces.windows, whole.windows) << "in pieces of " << piece;
    EXPECT_EQ(pieces.torn, whole.torn) << "in pieces of " << piece;
    EXPECT_EQ(pieces.foreign, whole.foreign) << "in pieces of " << piece;
  }
  return whole;
}

std::string Pretty(const std::string& line, int indent = 4) {
  return ordered_json::parse(line).dump(indent);
}

TEST(LogReader, ReadsPlainLines) {
  const Read read =
      ReadLog(Line(1) + "\nSTART RequestId: 8f5e\n\n" + Line(2) + "\n{\"level\":\"INFO\"}\n" + Line(3));
  EXPECT_THAT(read.windows, ElementsAre(1, 2, 3));
  EXPECT_EQ(read.foreign, 2);
  EXPECT_EQ(read.torn, 0);
}

TEST(LogReader, ReadsNothingOutOfNothing) {
  for (const std::string& text : {""s, "\n\n\n"s, "\xEF\xBB\xBF"s, "\0"s, "{"s, "["s, "\x1b"s, "\x1b["s}) {
    EXPECT_THAT(ReadLog(text).windows, IsEmpty());
  }
}

TEST(LogReader, ReadsBehindThePrefixesOfTools) {
  const std::vector<std::string> prefixes = {
      "2026-11-23T06:59:58.123000+00:00 2026/11/23/[$LATEST]72ff54cf ",
      "2026-11-23T06:59:58 ",
      "2026-11-23T06:59:58.000Z ",
      "1795410131123 ",
      "app-1  | ",
      "[INFO]\t2026-11-23T06:59:58Z\t8f5e\t",
      "[1234] ",
      "{app=\"orders\"} ",
      "EVENTS\t3195\t1432826856000\t",
      "2026-11-23T06:59:58.1Z stderr F ",
      "{ {{ \"not json ",
  };
  for (const std::string& prefix : prefixes) {
    EXPECT_THAT(ReadLog(prefix + Line(7) + "\n" + prefix + Line(8) + " trailing\n").windows,
                ElementsAre(7, 8))
        << prefix;
  }
}

TEST(LogReader, ReadsWhatATerminalColoured) {
  const Read read =
      ReadLog("\x1b[32m2026-11-23T06:59:58\x1b[0m \x1b[36m\x1b[1mstream\x1b[0m " + Line(1) + "\x1b[0m\n" +
              "\x1b]8;;http://x\x07link\x1b]8;;\x1b\\ " + Line(2) + "\n\x1b[31m" + Line(3) + "\n");
  EXPECT_THAT(read.windows, ElementsAre(1, 2, 3));
}

TEST(LogReader, LosesOneLineAtMostToASequenceThatDoesNotEnd) {
  EXPECT_THAT(ReadLog("\x1b]0;title\n" + Line(1) + "\n\x1b[999\n" + Line(2) + "\n").windows,
              ElementsAre(1, 2));
}

TEST(LogReader, ReadsReportsThatTailPrintedPretty) {
  const std::string head = "2026-11-23T06:59:58+00:00 2026/11/23/[$LATEST]72ff54cf ";
  const Read read = ReadLog(head + "\n" + Pretty(Line(1)) + "\n" + head + "START RequestId: 1\n" + head +
                            "\n" + Pretty(Line(2), 2) + "\n");
  EXPECT_THAT(read.windows, ElementsAre(1, 2));
  EXPECT_EQ(read.torn, 0);
}

std::string FilterLogEvents(int indent) {
  ordered_json events = ordered_json::array();
  for (int i = 1; i <= 3; ++i) {
    events.push_back({{"logStreamName", "2026/11/23/[$LATEST]72ff"},
                      {"timestamp", 1432826855000},
                      {"message", i == 2 ? "REPORT RequestId: 8f5\n" : Line(i) + "\n"},
                      {"ingestionTime", 1432826856000},
                      {"eventId", "3195"}});
  }
  return ordered_json{{"events", events}, {"searchedLogStreams", ordered_json::array()}, {"nextToken", "x"}}
      .dump(indent);
}

TEST(LogReader, ReadsTheEventsOfFilterLogEvents) {
  for (const int indent : {-1, 0, 1, 4}) {
    const Read read = ReadLog(FilterLogEvents(indent) + "\n");
    EXPECT_THAT(read.windows, ElementsAre(1, 3)) << indent;
    EXPECT_EQ(read.foreign, 1) << indent;
  }
}

TEST(LogReader, ReadsPagesOneAfterAnother) {
  EXPECT_THAT(ReadLog(FilterLogEvents(4) + FilterLogEvents(-1) + "\n" + FilterLogEvents(2) + Line(9)).windows,
              ElementsAre(1, 3, 1, 3, 1, 3, 9));
}

TEST(LogReader, ReadsListsOfMessages) {
  ordered_json messages = ordered_json::array({Line(1) + "\n", "START\n", Line(2)});
  EXPECT_THAT(ReadLog(messages.dump()).windows, ElementsAre(1, 2));
  EXPECT_THAT(ReadLog(messages.dump(2)).windows, ElementsAre(1, 2));
  ordered_json objects = ordered_json::array({ordered_json::parse(Line(1)), ordered_json::parse(Line(2))});
  EXPECT_THAT(ReadLog(objects.dump()).windows, ElementsAre(1, 2));
  EXPECT_THAT(ReadLog(objects.dump(4)).windows, ElementsAre(1, 2));
}

TEST(LogReader, ReadsTheRowsOfAQuery) {
  ordered_json row = ordered_json::array({{{"field", "@timestamp"}, {"value", "2024-05-19 06:10:35.743"}},
                                          {{"field", "@message"}, {"value", Line(4)}},
                                          {{"field", "@ptr"}, {"value", "ClQK"}}});
  ordered_json results = {{"results", ordered_json::array({row, row})}, {"status", "Complete"}};
  EXPECT_THAT(ReadLog(results.dump(4)).windows, ElementsAre(4, 4));
}

TEST(LogReader, ReadsTableExportsWithDoubledQuotes) {
  std::string quoted;
  for (const char c : Line(5)) quoted += c == '"' ? "\"\"" : std::string(1, c);
  EXPECT_THAT(ReadLog("@timestamp,@message\n2026-11-23 06:59,\"" + quoted + "\"\n").windows, ElementsAre(5));
}

TEST(LogReader, ReadsWhatALogDriverWrapped) {
  EXPECT_THAT(ReadLog(ordered_json{{"log", Line(1) + "\n"}, {"stream", "stderr"}}.dump() + "\n").windows,
              ElementsAre(1));
  EXPECT_THAT(ReadLog(ordered_json{{"message", ordered_json::parse(Line(2))}}.dump() + "\n").windows,
              ElementsAre(2));
  EXPECT_THAT(ReadLog("level=info msg=" + ordered_json(Line(3)).dump() + "\n").windows, ElementsAre(3));
  const std::string twice = ordered_json{{"message", ordered_json{{"log", Line(4)}}.dump()}}.dump();
  EXPECT_THAT(ReadLog(twice + "\n").windows, ElementsAre(4));
}

TEST(LogReader, ReadsWhatCloudWatchSendsToASubscriber) {
  const ordered_json delivery = {{"messageType", "DATA_MESSAGE"},
                                 {"logGroup", "/aws/lambda/orders"},
                                 {"logEvents", ordered_json::array({{{"id", "1"}, {"message", Line(1)}},
                                                                    {{"id", "2"}, {"message", "END"}},
                                                                    {{"id", "3"}, {"message", Line(2)}}})}};
  const std::string data = absl::Base64Escape(GzipText(delivery.dump()));
  const Read read = ReadLog(ordered_json{{"awslogs", {{"data", data}}}}.dump(2));
  EXPECT_THAT(read.windows, ElementsAre(1, 2));
  EXPECT_EQ(read.foreign, 1);
  EXPECT_THAT(
      ReadLog(ordered_json{{"Records", ordered_json::array({{{"kinesis", {{"data", data}}}}})}}.dump())
          .windows,
      ElementsAre(1, 2));
}

TEST(LogReader, ReadsThroughLineEndingsAndNulBytes) {
  EXPECT_THAT(ReadLog(Line(1) + "\r\n" + Line(2) + "\r\n").windows, ElementsAre(1, 2));
  EXPECT_THAT(ReadLog("text\r" + Line(1) + "\rtext\n").windows, ElementsAre(1));
  EXPECT_THAT(ReadLog(std::string(5000, '\0') + Line(1) + "\0\n"s + Line(2)).windows, ElementsAre(1, 2));
  EXPECT_THAT(ReadLog("\xEF\xBB\xBF" + Line(1)).windows, ElementsAre(1));
}

TEST(LogReader, ReadsWhatPowerShellRedirected) {
  std::string utf16 = "\xFF\xFE";
  for (const char c : "x\r\n" + Line(1) + "\r\n") utf16 += {c, '\0'};
  EXPECT_THAT(ReadLog(utf16).windows, ElementsAre(1));
}

TEST(LogReader, CountsTornReportsAndReadsOn) {
  const std::string line = Line(1);
  const std::size_t mark = line.find("\"schema\"") + 8;
  for (std::size_t cut = mark; cut < line.size(); cut += 3) {
    const Read read = ReadInPieces(line.substr(0, cut) + "\n" + Line(2) + "\n" + Line(3) + "\n", 1 << 20);
    ASSERT_THAT(read.windows, ElementsAre(2, 3)) << line.substr(0, cut);
    ASSERT_EQ(read.torn, 1) << line.substr(0, cut);
    ASSERT_EQ(read.foreign, 0) << line.substr(0, cut);
  }
}

TEST(LogReader, FindsTheWholeReportBehindATornOneOnTheSameLine) {
  const std::string line = Line(1);
  for (std::size_t cut = 1; cut < line.size(); cut += 97) {
    EXPECT_THAT(ReadInPieces(line.substr(0, cut) + Line(2) + "\n", 1 << 20).windows, ElementsAre(2)) << cut;
  }
}

TEST(LogReader, CountsTheLostHalfOfASplitLineAsForeign) {
  const std::string line = Line(1);
  const std::size_t half = line.find("findings\":");
  const Read read = ReadLog(line.substr(0, half) + "\n" + line.substr(half) + "\n");
  EXPECT_THAT(read.windows, IsEmpty());
  EXPECT_EQ(read.torn, 1);
  EXPECT_EQ(read.foreign, 1);
}

TEST(LogReader, MendsALineThatWasSplitBetweenMembers) {
  const std::string line = Line(1);
  const std::size_t half = line.find("\"findings\":");
  EXPECT_THAT(ReadLog(line.substr(0, half) + "\n" + line.substr(half) + "\n").windows, ElementsAre(1));
}

TEST(LogReader, TakesForTornWhatOnlyItsMessageTellsToBeOurs) {
  const Read read = ReadLog(R"({"level":"WARN","message":"cleanslate: invocation 5: 2 fin)"
                            "\n");
  EXPECT_EQ(read.torn, 1);
}

TEST(LogReader, CountsAReportOfAnotherTypeAsTorn) {
  const Read read = ReadLog(R"({"cleanslate":{"schema":"1.0","pid":"x"}})"
                            "\n"
                            R"({"cleanslate":{"schema":"9.0"}})"
                            "\n");
  EXPECT_EQ(read.torn, 2);
}

TEST(LogReader, IsNotFooledByTalkAboutUs) {
  const Read read = ReadLog(
      "cleanslate is a tool\n{\"cleanslate\":true}\n{\"name\":\"cleanslate\",\"x\":{\"schema\":1}}\n");
  EXPECT_THAT(read.windows, IsEmpty());
  EXPECT_EQ(read.torn, 0);
  EXPECT_EQ(read.foreign, 3);
}

TEST(LogReader, ReadsSeveralReportsOfOneLine) {
  EXPECT_THAT(ReadLog(Line(1) + Line(2) + " and " + Line(3) + "\n").windows, ElementsAre(1, 2, 3));
}

TEST(LogReader, ReadsEveryLineAfterAnOpeningThatIsNeverClosed) {
  EXPECT_THAT(ReadLog("{\n" + Line(1) + "\n" + Line(2) + "\n").windows, ElementsAre(1, 2));
  EXPECT_THAT(ReadLog("[\n[\n[\n" + Line(1) + "\n" + Line(2) + "\n").windows, ElementsAre(1, 2));
  EXPECT_THAT(ReadLog("{\"a\":\n" + Line(1) + "\n" + Line(2) + "\n").windows, ElementsAre(1, 2));
  EXPECT_THAT(ReadLog("{\"events\":[\n" + Line(1) + "\n" + Line(2) + "\n").windows, ElementsAre(1, 2));
}

TEST(LogReader, StartsAnewWithEachInput) {
  std::vector<std::int64_t> windows;
  LogReader reader([&windows](const Report& report) { windows.push_back(report.window.first); });
  reader.Feed("{\"torn\": [");
  reader.Finish();
  reader.Feed("\xEF\xBB\xBF" + Line(1));
  reader.Finish();
  EXPECT_THAT(windows, ElementsAre(1));
}

TEST(LogReader, TakesLongInputWithoutKeepingIt) {
  // One list of events that is longer than any value may be.
  int found = 0;
  LogReader reader([&found](const Report&) { ++found; });
  const std::string event = "\n  " + ordered_json{{"message", Line(1)}}.dump();
  reader.Feed("{\"events\": [" + event);
  constexpr int kEvents = 4000;
  for (int i = 1; i < kEvents; ++i) reader.Feed("," + event);
  reader.Feed("\n]}\n");
  reader.Finish();
  EXPECT_EQ(found, kEvents);
  EXPECT_GT(kEvents * event.size(), std::size_t{8} << 20);
  EXPECT_EQ(reader.counts().foreign, 0);
}

TEST(LogReader, TakesALineLongerThanAny) {
  EXPECT_THAT(ReadInPieces(std::string(9 << 20, 'x') + "\n" + Line(1) + "\n", 1 << 16).windows,
              ElementsAre(1));
  EXPECT_THAT(ReadInPieces("{\"a\":\"" + std::string(9 << 20, 'x') + "\n" + Line(1) + "\n", 1 << 16).windows,
              ElementsAre(1));
}

TEST(LogReader, ReadsReportsWithHostileNames) {
  for (const std::string& name : samples::HostileNames()) {
    const std::string line = ToLine(samples::EverythingNamed(name, 2, 2));
    EXPECT_EQ(ReadInPieces(line + "\n", 1 << 20).windows.size(), 1u) << line;
    EXPECT_EQ(ReadInPieces(ordered_json{{"message", line}}.dump() + "\n", 1 << 20).windows.size(), 1u)
        << line;
  }
}

}  // namespace
}  // namespace cleanslate
