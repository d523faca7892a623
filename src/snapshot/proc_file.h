#pragma once

// The small files of proc(5) that takers read. Internal to this room. COLD; never waits.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleanslate {

// The first `bytes` of the file at most, in `buffer`; empty when it can't be read.
std::string_view ReadProcFile(const char* path, char* buffer, std::size_t bytes);

// One line of /proc/PID/stat or /proc/PID/task/TID/stat.
struct ProcStat {
  std::string name;  // any bytes but zero, 15 at most
  char state = '?';  // 'Z': ended, and not waited for
  std::int64_t parent = 0;
  std::int64_t group = 0;
  std::int64_t session = 0;
  std::int64_t threads = 0;
  std::uint64_t started = 0;  // clock ticks since boot
  std::int64_t resident_pages = 0;
};

std::optional<ProcStat> ParseProcStat(std::string_view text);
std::optional<ProcStat> ReadProcStat(std::int64_t pid);  // of a process; nothing when there is none

// The numbers among the names in a folder, ascending.
std::vector<std::int64_t> NumbersIn(const char* folder);

}  // namespace cleanslate
