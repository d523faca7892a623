#include "report/line_parts.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "report/rfc3339.h"
#include "report/wording.h"

namespace cleanslate {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// What a byte takes in JSON at most: an escape, or U+FFFD where it is not part of UTF-8.
std::size_t EscapedWidth(unsigned char byte) {
  if (byte < 0x20) return 6;
  if (byte == '"' || byte == '\\') return 2;
  return byte < 0x80 ? 1 : 3;
}

bool ContinuesCharacter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

struct Metric {
  const char* name;
  const char* unit;
  std::int64_t (*value)(const Report&);
};

constexpr Metric kMetrics[] = {
    {"SurvivedHeapBytes", "Bytes", [](const Report& report) { return report.survived.heap.bytes; }},
    {"SurvivedDescriptors", "Count", CountDescriptors},
    {"SurvivedFiles", "Count", CountFiles},
    {"LiveDescriptors", "Count", [](const Report& report) { return report.live.descriptors; }},
    {"TmpBytes", "Bytes", [](const Report& report) { return report.live.tmp_bytes; }},
    {"Findings", "Count", CountFindings},
};

// The embedded metric format's directive: CloudWatch reads the numbers out of the line's top level.
Json Directive(const Report& report) {
  Json metrics = Json::array();
  for (const Metric& metric : kMetrics) metrics.push_back({{"Name", metric.name}, {"Unit", metric.unit}});
  Json group = Json::object();
  group["Namespace"] = "CleanSlate";
  group["Dimensions"] = Json::array({Json::array({"FunctionName"})});
  group["Metrics"] = std::move(metrics);
  Json directive = Json::object();
  directive["Timestamp"] = report.timestamp_ms;
  directive["CloudWatchMetrics"] = Json::array({std::move(group)});
  return directive;
}

Json WindowJson(const Report& report, const Envelope& envelope, std::vector<Json> request_ids) {
  const WindowSpan& window = report.window;
  Json json = Json::object();
  json["first"] = window.first;
  json["last"] = window.last;
  if (!request_ids.empty()) json["requestIds"] = std::move(request_ids);
  if (envelope.shape != LineShape::kBare) {
    json["concurrent"] = window.concurrent;
    json["coldStart"] = window.cold_start;
    json["durationMs"] = NumberJson(window.duration_ms);
  }
  return json;
}

Json SurvivedJson(const Survived& survived, Lists& lists) {
  Json json = Json::object();
  const auto add = [&lists](Json& parent, const char* key, ListId list) {
    if (!lists[list].empty()) parent[key] = std::move(lists[list]);
  };
  if (survived.heap.blocks != 0 || survived.heap.bytes != 0 || !lists[ListId::kHeapSites].empty()) {
    json["heap"] = {{"blocks", survived.heap.blocks}, {"bytes", survived.heap.bytes}};
    add(json["heap"], "sites", ListId::kHeapSites);
  }
  add(json, "mappings", ListId::kMappings);
  add(json, "descriptors", ListId::kDescriptors);
  add(json, "files", ListId::kFiles);
  add(json, "threads", ListId::kThreads);
  add(json, "processes", ListId::kProcesses);
  add(json, "environment", ListId::kEnvironment);
  add(json, "process", ListId::kProcess);
  add(json, "variables", ListId::kVariables);
  return json;
}

Json CleanslateJson(const Report& report, const Envelope& envelope, Lists& lists) {
  Json json = Json::object();
  const auto add_unless_empty = [&json](const char* key, Json value) {
    if (!value.empty()) json[key] = std::move(value);
  };
  const bool details = envelope.shape == LineShape::kFull;
  json["schema"] = kReportSchema;
  json["type"] = NameOf(report.type);
  json["environment"] = envelope.environment;
  json["pid"] = report.pid;
  if (details) {
    if (!report.runtime.empty()) json["runtime"] = report.runtime;
    add_unless_empty("function", ToJson(report.function));
  }
  json["window"] = WindowJson(report, envelope, std::move(lists[ListId::kRequestIds]));
  if (!envelope.reason.empty()) json["reason"] = envelope.reason;
  if (!lists[ListId::kFindings].empty()) json["findings"] = std::move(lists[ListId::kFindings]);
  if (envelope.shape != LineShape::kBare) add_unless_empty("survived", SurvivedJson(report.survived, lists));
  if (details) json["live"] = ToJson(report.live);
  if (!envelope.left_out.empty()) json["leftOut"] = envelope.left_out;
  if (!envelope.suppressed.empty()) json["suppressed"] = envelope.suppressed;
  if (!envelope.known.empty()) json["known"] = envelope.known;
  if (details) {
    json["cost"] = {{"boundaryUs", report.cost.boundary_us}, {"trackingBytes", report.cost.tracking_bytes}};
  }
  return json;
}

// As a reader gets it back: names that differ in invalid bytes alone become one member, and not two of a
// name.
std::string AsWritten(const std::string& text) {
  return Json::parse(Dump(Json(text))).get<std::string>();
}

// The sum stays at the largest number instead of overflowing.
void AddTo(std::int64_t& sum, std::int64_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) sum = std::numeric_limits<std::int64_t>::max();
}

// The largest counts of `all`; what the others come to is counted under `kind`.
std::map<std::string, std::int64_t> Largest(const std::map<std::string, std::int64_t>& all, std::size_t keys,
                                            std::size_t key_bytes, const char* kind,
                                            std::map<std::string, std::int64_t>& left_out) {
  using Entry = std::pair<std::int64_t, const std::string*>;
  std::vector<Entry> entries;
  for (const auto& [name, count] : all) {
    if (count > 0) entries.emplace_back(-count, &name);
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.first < b.first; });
  std::map<std::string, std::int64_t> largest;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto [less, name] = entries[i];
    AddTo(i < keys ? largest[Shortened(AsWritten(*name), key_bytes)] : left_out[kind], -less);
  }
  return largest;
}

}  // namespace

std::string Shortened(std::string_view text, std::size_t most) {
  std::size_t whole = 0;
  for (const char byte : text) whole += EscapedWidth(byte);
  if (whole <= most) return std::string(text);
  if (most < kEllipsis.size()) return {};

  // Two thirds of the beginning, a third of the end: a path's file name and a function's parameters tell
  // apart.
  const std::size_t room = most - kEllipsis.size();
  std::size_t head = 0;
  for (std::size_t used = 0; used + EscapedWidth(text[head]) <= room - room / 3; ++head) {
    used += EscapedWidth(text[head]);
  }
  while (head > 0 && ContinuesCharacter(text[head])) --head;
  std::size_t tail = text.size();
  for (std::size_t used = 0; tail > head && used + EscapedWidth(text[tail - 1]) <= room / 3; --tail) {
    used += EscapedWidth(text[tail - 1]);
  }
  while (tail < text.size() && ContinuesCharacter(text[tail])) ++tail;
  return std::string(text.substr(0, head)).append(kEllipsis).append(text.substr(tail));
}

Envelope FullEnvelope(const Report& report, std::size_t keys, std::size_t key_bytes) {
  Envelope envelope;
  envelope.message = MessageOf(report);
  envelope.function_name = report.function.name.empty() ? kUnknownFunction : report.function.name;
  envelope.environment = report.environment;
  envelope.reason = report.reason;
  for (const auto& [key, count] : report.left_out) {
    if (count != 0) envelope.left_out[key] = count;
  }
  envelope.suppressed = Largest(report.suppressed, keys, key_bytes, "suppressed", envelope.left_out);
  envelope.known = Largest(report.known, keys, key_bytes, "known", envelope.left_out);
  return envelope;
}

std::string Assemble(const Report& report, const Envelope& envelope, Lists lists) {
  Json line = Json::object();
  line["level"] = LevelOf(report);
  line["timestamp"] = Rfc3339(report.timestamp_ms);
  line["message"] = envelope.message;
  line["FunctionName"] = envelope.function_name;
  for (const Metric& metric : kMetrics) line[metric.name] = metric.value(report);
  line["cleanslate"] = CleanslateJson(report, envelope, lists);
  if (envelope.shape != LineShape::kBare) line["_aws"] = Directive(report);
  return Dump(line);
}

}  // namespace cleanslate
