#include "report/log_reader.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "nlohmann/json.hpp"
#include "report/gunzip.h"
#include "report/report_reader.h"

namespace cleanslate {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestText = 8 << 20;      // of a line, a value or an element
constexpr std::size_t kLargestOpened = 256 << 20;  // bytes of gzip in a string, opened
constexpr int kDeepestNesting = 4;
constexpr int kMostValuesTried = 64;  // on one line
constexpr std::string_view kName = "cleanslate";
constexpr std::string_view kGzipInBase64 = "H4sI";  // 1f 8b 08: gzip's first bytes
constexpr std::string_view kBlanks = " \t\n\r";

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool MayHoldReports(std::string_view text) {
  return Contains(text, kName) || Contains(text, kGzipInBase64);
}

// Whether `first` and `second` stand beside one another with nothing but JSON's punctuation between, escaped
// or not.
bool HasPair(std::string_view text, std::string_view first, std::string_view second) {
  for (std::size_t at = text.find(first); at != std::string_view::npos; at = text.find(first, at + 1)) {
    const std::size_t next = text.find_first_not_of("\"\\: {\t\n\r", at + first.size());
    if (next != std::string_view::npos && text.substr(next, second.size()) == second) return true;
  }
  return false;
}

// What is left of a report that was cut still says whose it was.
bool LooksLikeOurs(std::string_view text) {
  return HasPair(text, kName, "schema") || HasPair(text, "message", "cleanslate: ");
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Text that was quoted with `escape` before each quote: by another quote in CSV, by a backslash elsewhere.
std::string Unquoted(std::string_view text, char escape) {
  std::string unquoted;
  unquoted.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes =
        text[i] == escape && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == escape);
    unquoted += text[escapes ? ++i : i];
  }
  return unquoted;
}

// The members that CloudWatch's answers and deliveries keep their events in.
bool IsEventList(std::string_view member) {
  return member == "events" || member == "logEvents" || member == "results";
}

}  // namespace

void LogReader::Feed(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  plain_.Feed(bytes, text);
  pending_.push_back(std::move(text));
  Run();
}

void LogReader::Finish() {
  for (;;) {
    Run();
    if (mode_ == Mode::kJson) {
      ReadAgainAsText();
    } else if (mode_ == Mode::kLine) {
      TakeLine("\n");
    } else {
      break;
    }
  }
  plain_ = PlainText();
}

void LogReader::Run() {
  while (!pending_.empty()) {
    const std::string text = std::move(pending_.front());
    pending_.pop_front();
    std::string_view rest = text;
    while (!rest.empty()) {
      if (mode_ == Mode::kLineStart) rest.remove_prefix(StartLine(rest));
      if (mode_ == Mode::kLine) rest.remove_prefix(TakeLine(rest));
      if (mode_ != Mode::kJson) continue;
      const std::size_t taken = TakeJson(rest);
      rest.remove_prefix(taken);
      if (rest.empty() || mode_ != Mode::kJson) continue;
      // Not JSON after all: what was taken for it comes first, then the rest.
      pending_.emplace_front(rest);
      ReadAgainAsText();
      break;
    }
  }
}

std::size_t LogReader::StartLine(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(kBlanks), text.size());
  if (first == text.size()) return first;
  text_.clear();
  mode_ = Mode::kLine;
  if (text[first] == '{' || text[first] == '[') {
    mode_ = Mode::kJson;
    scanner_ = JsonScanner();
    elements_depth_ = 0;
    has_elements_ = false;
  }
  return first;
}

std::size_t LogReader::TakeLine(std::string_view text) {
  const std::size_t end = text.find('\n');
  const std::string_view part = text.substr(0, end);
  text_.append(part.substr(0, kLongestText - std::min(kLongestText, text_.size())));
  if (end == std::string_view::npos) return part.size();
  mode_ = Mode::kLineStart;
  ReadTextLine(text_);
  return end + 1;
}

// Stops behind the value's end, or before a byte that can't be part of it, in kJson still.
std::size_t LogReader::TakeJson(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int depth_before = scanner_.depth();
    const JsonScanner::Step step = scanner_.Feed(text[i]);
    if (step == JsonScanner::Step::kError || text_.size() >= kLongestText) return i;
    if (!FollowLists(text[i], depth_before)) text_ += text[i];
    if (step == JsonScanner::Step::kDone) {
      EndJson();
      return i + 1;
    }
  }
  return text.size();
}

// A list of events may be as long as it likes: each is read when it ends. True when `byte` parts two of them.
bool LogReader::FollowLists(char byte, int depth_before) {
  const int depth = scanner_.depth();
  if (depth > depth_before && byte == '[' && elements_depth_ == 0 &&
      (depth == 1 || (depth == 2 && !has_elements_ && IsEventList(scanner_.member())))) {
    elements_depth_ = depth;
    has_elements_ = true;
    text_.clear();
    return true;
  }
  if (elements_depth_ == 0) return false;
  const bool next = byte == ',' && depth == elements_depth_ && !scanner_.in_text();
  const bool end = depth < elements_depth_;
  if (!next && !end) return false;
  ReadValue(text_);
  text_.clear();
  if (end) elements_depth_ = 0;
  return true;
}

void LogReader::EndJson() {
  if (!has_elements_) ReadValue(text_);
  text_.clear();
  mode_ = Mode::kLine;
}

// The first line that was taken for JSON is text; those after it may be anything.
void LogReader::ReadAgainAsText() {
  mode_ = Mode::kLine;
  const std::size_t end = text_.find('\n');
  if (end == std::string::npos) return;
  pending_.push_front(text_.substr(end));
  text_.resize(end);
}

void LogReader::ReadTextLine(std::string_view line) {
  line = Trimmed(line);
  if (line.empty()) return;
  if (!MayHoldReports(line)) {
    ++counts_.foreign;
    return;
  }
  if (ReadValuesIn(line)) return;
  for (const char escape : {'"', '\\'}) {
    const std::string unquoted = Unquoted(line, escape);
    if (unquoted != line && ReadValuesIn(unquoted)) return;
  }
  ++(LooksLikeOurs(line) ? counts_.torn : counts_.foreign);
}

bool LogReader::ReadValuesIn(std::string_view line) {
  bool found = false;
  std::size_t at = line.find('{');
  for (int tries = 0; at != std::string_view::npos && tries < kMostValuesTried; ++tries) {
    const std::size_t length = ValueLength(line.substr(at));
    if (length > 0 && MayHoldReports(line.substr(at, length))) {
      const json value = json::parse(line.substr(at, length), nullptr, false);
      found |= !value.is_discarded() && Dig(value);
    }
    at = line.find('{', at + std::max<std::size_t>(length, 1));
  }
  return found;
}

void LogReader::ReadValue(std::string_view text) {
  text = Trimmed(text);
  if (text.empty()) return;
  if (MayHoldReports(text)) {
    const json value = json::parse(text, nullptr, false);
    if (!value.is_discarded() && Dig(value)) return;
    if (LooksLikeOurs(text)) {
      ++counts_.torn;
      return;
    }
  }
  ++counts_.foreign;
}

// True when something of ours was found, whole or torn; it is counted then.
bool LogReader::Dig(const json& value) {
  if (value.is_string()) return DigText(value.get_ref<const std::string&>());
  if (value.is_object()) {
    absl::StatusOr<Report> report = ReadReport(value);
    if (report.ok()) {
      ++reports_;
      found_(*std::move(report));
      return true;
    }
    if (!absl::IsNotFound(report.status())) {
      ++counts_.torn;
      return true;
    }
  }
  bool found = false;
  if (value.is_structured()) {
    for (const json& member : value) found |= Dig(member);
  }
  return found;
}

bool LogReader::DigText(const std::string& text) {
  if (nesting_ >= kDeepestNesting) return false;
  std::string bytes;
  if (text.starts_with(kGzipInBase64) && absl::Base64Unescape(text, &bytes)) return DigGzip(bytes);
  if (!Contains(text, kName)) return false;
  LogReader nested(found_, nesting_ + 1);
  nested.Feed(text);
  nested.Finish();
  reports_ += nested.reports_;
  counts_.torn += nested.counts_.torn;
  return nested.reports_ + nested.counts_.torn > 0;
}

bool LogReader::DigGzip(const std::string& bytes) {
  LogReader nested(found_, nesting_ + 1);
  std::size_t opened = 0;
  const auto write = [&](std::string_view part) {
    opened += part.size();
    if (opened <= kLargestOpened) nested.Feed(part);
  };
  Gunzip gunzip;
  if (!gunzip.Feed(bytes, write).ok() && opened == 0) return false;
  nested.Finish();
  reports_ += nested.reports_;
  counts_.torn += nested.counts_.torn;
  counts_.foreign += nested.counts_.foreign;
  return true;
}

}  // namespace cleanslate
