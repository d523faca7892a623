// However a log is cut into pieces, the reader finds the same in it; and a report that follows on a line of
// its own is found, whatever came before. The last byte chooses the pieces.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "report/json_line.h"
#include "report/log_reader.h"

namespace {

struct Found {
  std::vector<std::string> reports;
  std::int64_t torn = 0;
  std::int64_t foreign = 0;

  bool operator==(const Found&) const = default;
};

Found Read(std::string_view text, std::size_t piece) {
  Found found;
  cleanslate::LogReader reader(
      [&found](const cleanslate::Report& report) { found.reports.push_back(cleanslate::ToLine(report)); });
  for (; text.size() > piece; text.remove_prefix(piece)) reader.Feed(text.substr(0, piece));
  reader.Feed(text);
  reader.Finish();
  found.torn = reader.counts().torn;
  found.foreign = reader.counts().foreign;
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Found whole = Read(text, size);
  if (Read(text, 1 + data[size - 1] % 64) != whole) std::abort();

  cleanslate::Report last;
  last.environment = "the last line";
  const std::string line = cleanslate::ToLine(last);
  const Found followed = Read(text + "\n" + line + "\n", size);
  if (followed.reports.empty() || followed.reports.back() != line) std::abort();
  return 0;
}
