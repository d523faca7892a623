#include "run/events.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "emulator/invocation.h"
#include "emulator/text.h"
#include "nlohmann/json.hpp"

namespace cleanslate {
namespace {

// The library's message without its prefix and the position, which is said in our way.
std::string WhatIsWrong(std::string_view message) {
  std::size_t at = message.find(": ");
  if (at != std::string_view::npos) message.remove_prefix(at + 2);
  at = message.find(" - ");
  if (at != std::string_view::npos && message.find("syntax error") != std::string_view::npos) {
    message.remove_prefix(at + 3);
  }
  std::string text(message.substr(0, 200));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text;
}

Failure Unreadable(const std::string& path, std::string_view why) {
  return {kExitUnreadable, Concat(path, ": can't be read: ", why)};
}

OrFailure<std::string> ReadWhole(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return Unreadable(path, "it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unreadable(path, std::strerror(errno));
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return Unreadable(path, std::strerror(errno));
  return text;
}

std::optional<Failure> Check(const std::string& where, std::string_view event, std::size_t first_line) {
  if (const std::string fault = JsonFault(event, first_line); !fault.empty()) {
    return Failure{kExitUnreadable, Concat(where, ": not JSON: ", fault)};
  }
  if (event.size() > kPayloadLimit) {
    return Failure{kExitUnreadable,
                   Concat(where, ": the event has ", event.size(), " bytes, Lambda takes ", kPayloadLimit)};
  }
  return std::nullopt;
}

}  // namespace

std::string JsonFault(std::string_view text, std::size_t first_line) {
  try {
    // Only checked: nothing is kept, whatever the depth or the size of numbers.
    if (nlohmann::json::accept(text)) return {};
    [[maybe_unused]] const auto ignored = nlohmann::json::parse(text);
    return {};
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t at = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    const std::string_view before = text.substr(0, at);
    const std::size_t line =
        first_line + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_begin = before.rfind('\n');
    const std::size_t column = line_begin == std::string_view::npos ? at + 1 : at - line_begin;
    return Concat("line ", line, ", column ", column, ": ", WhatIsWrong(error.what()));
  }
}

OrFailure<std::vector<std::string>> LoadEvents(const std::vector<std::string>& given,
                                               const std::string& lines_file) {
  std::vector<std::string> events;
  for (const std::string& each : given) {
    const bool from_file = !each.empty() && each.front() == '@';
    std::string event = each;
    std::string where = "--event";
    if (from_file) {
      where = each.substr(1);
      OrFailure<std::string> text = ReadWhole(where);
      if (!text) return text.failure();
      event = std::move(*text);
    }
    if (const auto failure = Check(where, event, 1)) return *failure;
    events.push_back(std::move(event));
  }
  if (!lines_file.empty()) {
    OrFailure<std::string> text = ReadWhole(lines_file);
    if (!text) return text.failure();
    std::size_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      ++number;
      if (StripBlanks(line).empty()) continue;
      if (const auto failure = Check(lines_file, line, number)) return *failure;
      events.emplace_back(StripBlanks(line));
    }
    if (number == 0 || events.size() == given.size()) {
      return Failure{kExitUnreadable, Concat(lines_file, ": holds no event: write one JSON value a line")};
    }
  }
  if (events.empty()) events.emplace_back("{}");
  return events;
}

}  // namespace cleanslate
