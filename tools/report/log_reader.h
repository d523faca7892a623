#pragma once

// Finds reports in logs, whatever has been done to them on the way. The form is told by the content:
//
//   lines              a report on a line, alone or behind a prefix (`aws logs tail`, S3 exports, docker,
//   ...), also
//                      with its quotes escaped or doubled (CSV)
//   JSON               an object over one line or many: a report that was printed pretty, or anything that
//   holds
//                      reports in its members or in its strings (filter-log-events, get-query-results, a log
//                      driver's envelope); what CloudWatch sends to a subscriber, base64 of gzip, is opened
//
// All of these may follow one another. Text is taken in any pieces; memory is bounded by the longest line or
// event (8 MB), not by the input: lists of events are read one by one.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "nlohmann/json_fwd.hpp"
#include "report/aggregate.h"
#include "report/json_scanner.h"
#include "report/plain_text.h"
#include "report/report.h"

namespace cleanslate {

class LogReader {
 public:
  using Found = std::function<void(Report)>;

  explicit LogReader(Found found) : LogReader(std::move(found), 0) {}

  void Feed(std::string_view bytes);
  void Finish();  // the input has ended; another may follow

  const LogCounts& counts() const { return counts_; }
  std::int64_t reports() const { return reports_; }

 private:
  LogReader(Found found, int nesting) : found_(std::move(found)), nesting_(nesting) {}

  // How a stretch of text is read.
  enum class Mode : std::uint8_t {
    kLineStart,  // blanks so far
    kLine,       // text up to the newline, or what follows a value
    kJson,       // a value that began at a line's start
  };

  void Run();
  std::size_t StartLine(std::string_view text);
  std::size_t TakeLine(std::string_view text);
  std::size_t TakeJson(std::string_view text);
  bool FollowLists(char byte, int depth_before);
  void EndJson();
  void ReadAgainAsText();

  void ReadTextLine(std::string_view line);
  bool ReadValuesIn(std::string_view line);
  void ReadValue(std::string_view text);
  bool Dig(const nlohmann::json& value);
  bool DigText(const std::string& text);
  bool DigGzip(const std::string& bytes);

  Found found_;
  int nesting_;  // in strings of JSON in strings of JSON ...
  LogCounts counts_;
  std::int64_t reports_ = 0;

  PlainText plain_;
  std::deque<std::string> pending_;  // text that waits to be read, in order
  Mode mode_ = Mode::kLineStart;
  std::string text_;  // of the line, value or element at hand
  JsonScanner scanner_;
  int elements_depth_ = 0;     // of the list whose elements are read one by one; 0: there is none
  bool has_elements_ = false;  // the value at hand is, or was, read by its elements
};

}  // namespace cleanslate
