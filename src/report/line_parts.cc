#include "report/line_parts.h"

#include <utility>

#include "report/rfc3339.h"
#include "report/wording.h"

namespace cleanslate {
namespace {

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
  if (details) {
    json["cost"] = {{"boundaryUs", report.cost.boundary_us}, {"trackingBytes", report.cost.tracking_bytes}};
  }
  return json;
}

}  // namespace

Envelope FullEnvelope(const Report& report) {
  Envelope envelope;
  envelope.message = MessageOf(report);
  envelope.function_name = report.function.name.empty() ? kUnknownFunction : report.function.name;
  envelope.environment = report.environment;
  envelope.reason = report.reason;
  for (const auto& [key, count] : report.left_out) {
    if (count != 0) envelope.left_out[key] = count;
  }
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
