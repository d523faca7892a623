#include "snapshot/proc_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace cleanslate {
namespace {

template <typename Number>
bool Parse(std::string_view text, Number& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

std::string_view ReadProcFile(const char* path, char* buffer, std::size_t bytes) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t got = read(fd, buffer, bytes);
  close(fd);
  return got <= 0 ? std::string_view() : std::string_view(buffer, static_cast<std::size_t>(got));
}

std::optional<ProcStat> ParseProcStat(std::string_view text) {
  // The name stands in parentheses and may itself hold blanks and parentheses.
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  ProcStat stat;
  stat.name = text.substr(open + 1, close - open - 1);
  text.remove_prefix(close + 1);
  constexpr std::size_t kFirst = 3, kLast = 24;  // as proc(5) counts fields: state to rss
  std::array<std::string_view, kLast + 1> fields;
  std::size_t field = kFirst;
  for (; field <= kLast; ++field) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    if (text.empty()) return std::nullopt;
    fields[field] = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(fields[field].size());
  }
  stat.state = fields[3].front();
  const bool understood = Parse(fields[4], stat.parent) && Parse(fields[5], stat.group) &&
                          Parse(fields[6], stat.session) && Parse(fields[20], stat.threads) &&
                          Parse(fields[22], stat.started) && Parse(fields[24], stat.resident_pages);
  return understood ? std::optional(stat) : std::nullopt;
}

std::optional<ProcStat> ReadProcStat(std::int64_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  char buffer[1024];
  return ParseProcStat(ReadProcFile(path.c_str(), buffer, sizeof buffer));
}

std::vector<std::int64_t> NumbersIn(const char* folder) {
  std::vector<std::int64_t> numbers;
  DIR* const open = opendir(folder);
  if (open == nullptr) return numbers;
  while (const dirent* const entry = readdir(open)) {
    std::int64_t number = 0;
    if (Parse(std::string_view(entry->d_name), number)) numbers.push_back(number);
  }
  closedir(open);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace cleanslate
