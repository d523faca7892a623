// What the reader takes for a report can be written within any limit, and reads back as the same numbers;
// written whole, it reads back as the same line. The first two bytes choose the limit.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "report/aggregate.h"
#include "report/json_line.h"
#include "report/render.h"
#include "report/report_reader.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleanslate;
  if (size < 2) return 0;
  const std::size_t limit = (data[0] * 256U + data[1]) % 8192;
  const auto report = ReadLine({reinterpret_cast<const char*>(data) + 2, size - 2});
  if (!report.ok()) return 0;

  const std::string whole = ToLine(*report);
  const auto again = ReadLine(whole);
  Require(again.ok() && ToLine(*again) == whole);

  const std::string fitted = ToLine(*report, limit);
  Require(fitted.size() < std::max(limit, kLineFloor));
  Require(fitted.find('\n') == std::string::npos);
  const auto shorter = ReadLine(fitted);
  Require(shorter.ok());
  Require(CountFindings(*shorter) == CountFindings(*report));
  Require(CountFiles(*shorter) == CountFiles(*report));

  Aggregate aggregate;
  aggregate.Add(*report);
  aggregate.Add(*shorter);
  const Summary summary = aggregate.Summarize();
  for (const char c : RenderText(summary)) Require(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  Require(!RenderJson(summary).empty());
  return 0;
}
