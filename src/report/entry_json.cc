#include "report/entry_json.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace cleanslate {
namespace {

constexpr double kLargestExact = 9007199254740992.0;  // 2^53: below it every whole double is one integer

void AddUnlessEmpty(Json& json, const char* key, const std::string& value) {
  if (!value.empty()) json[key] = value;
}

void AddUnlessZero(Json& json, const char* key, std::int64_t value) {
  if (value != 0) json[key] = value;
}

Json OrNull(const std::optional<std::int64_t>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

Json NumberJson(double value) {
  if (!std::isfinite(value)) return 0;
  if (std::trunc(value) == value && std::fabs(value) < kLargestExact) return static_cast<std::int64_t>(value);
  return value;
}

std::string EscapeControls(std::string json) {
  const auto at = [&json](std::size_t i) { return static_cast<unsigned char>(json[i]); };
  const auto controls_at = [&](std::size_t i) -> std::size_t {
    if (at(i) == 0x7f) return 1;
    if (at(i) == 0xc2 && i + 1 < json.size() && at(i + 1) >= 0x80 && at(i + 1) < 0xa0) return 2;
    const bool separator = at(i) == 0xe2 && i + 2 < json.size() && at(i + 1) == 0x80;
    return separator && (at(i + 2) == 0xa8 || at(i + 2) == 0xa9) ? 3 : 0;
  };
  std::string escaped;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < json.size();) {
    const std::size_t length = controls_at(i);
    if (length == 0) {
      ++i;
      continue;
    }
    const unsigned code = length == 1 ? 0x7f : length == 2 ? at(i + 1) : 0x2000u + at(i + 2) - 0x80u;
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "\\u%04x", code);
    escaped.append(json, copied, i - copied).append(text.data());
    copied = i += length;
  }
  if (copied == 0) return json;
  return escaped.append(json, copied);
}

std::string Dump(const Json& json) {
  return EscapeControls(json.dump(-1, ' ', false, nlohmann::detail::error_handler_t::replace));
}

Json ToJson(const Frame& frame) {
  Json json = Json::object();
  AddUnlessEmpty(json, "function", frame.function);
  AddUnlessEmpty(json, "file", frame.file);
  AddUnlessZero(json, "line", frame.line);
  AddUnlessEmpty(json, "module", frame.module);
  AddUnlessEmpty(json, "buildId", frame.build_id);
  if (frame.offset != 0) json["offset"] = frame.offset;
  return json;
}

Json ToJson(const Trend& trend) {
  return {{"pattern", NameOf(trend.pattern)},
          {"windows", trend.windows},
          {"grew", trend.grew},
          {"perWindow", NumberJson(trend.per_window)},
          {"unit", trend.unit},
          {"exhaustsIn", OrNull(trend.exhausts_in)},
          {"limit", OrNull(trend.limit)}};
}

Json ToJson(const FunctionFacts& function) {
  Json json = Json::object();
  AddUnlessEmpty(json, "name", function.name);
  AddUnlessEmpty(json, "version", function.version);
  AddUnlessZero(json, "memoryMB", function.memory_mb);
  return json;
}

Json ToJson(const Live& live) {
  Json json = {{"heapBytes", live.heap_bytes},    {"heapBlocks", live.heap_blocks},
               {"descriptors", live.descriptors}, {"tmpBytes", live.tmp_bytes},
               {"tmpFiles", live.tmp_files},      {"threads", live.threads},
               {"rssBytes", live.rss_bytes}};
  AddUnlessZero(json, "processes", live.processes);
  AddUnlessZero(json, "deletedBytes", live.deleted_bytes);
  AddUnlessZero(json, "tmpUnaccountedBytes", live.unaccounted_bytes);
  return json;
}

Json ToJson(const Finding& finding) {
  return {{"rule", finding.rule},
          {"severity", NameOf(finding.severity)},
          {"subject", finding.subject},
          {"message", finding.message},
          {"fingerprint", finding.fingerprint},
          {"count", finding.count},
          {"bytes", finding.bytes},
          {"where", Json::array()},
          {"trend", ToJson(finding.trend)},
          {"firstSeen", finding.first_seen},
          {"age", finding.age}};
}

Json ToJson(const SurvivingSite& site) {
  return {{"blocks", site.blocks}, {"bytes", site.bytes}, {"where", Json::array()}};
}

Json ToJson(const SurvivingDescriptor& descriptor) {
  Json json = {{"fd", descriptor.fd}, {"kind", descriptor.kind}, {"target", descriptor.target}};
  AddUnlessEmpty(json, "local", descriptor.local);
  AddUnlessEmpty(json, "peer", descriptor.peer);
  AddUnlessEmpty(json, "state", descriptor.state);
  if (descriptor.deleted) json["deleted"] = true;
  AddUnlessZero(json, "bytes", descriptor.bytes);
  json["where"] = Json::array();
  return json;
}

Json ToJson(const SurvivingFile& file) {
  Json json = Json::object();
  json["path"] = file.path;
  AddUnlessEmpty(json, "type", file.type);
  json["change"] = file.change;
  json["bytes"] = file.bytes;
  AddUnlessZero(json, "bytesBefore", file.bytes_before);
  json["where"] = Json::array();
  return json;
}

Json ToJson(const SurvivingThread& thread) {
  Json json = {{"tid", thread.tid}, {"name", thread.name}};
  AddUnlessEmpty(json, "start", thread.start);
  json["where"] = Json::array();
  return json;
}

Json ToJson(const SurvivingProcess& process) {
  Json json = {{"pid", process.pid}, {"command", process.command}};
  AddUnlessEmpty(json, "state", process.state);
  json["where"] = Json::array();
  return json;
}

Json ToJson(const ChangedEnvironment& variable) {
  return {{"name", variable.name}, {"change", variable.change}, {"where", Json::array()}};
}

Json ToJson(const ChangedAttribute& attribute) {
  return {{"name", attribute.name},
          {"before", attribute.before},
          {"after", attribute.after},
          {"where", Json::array()}};
}

Json ToJson(const ChangedVariable& variable) {
  Json json = {{"name", variable.name}, {"kind", variable.kind}};
  if (!variable.change.empty()) json["change"] = variable.change;
  json["before"] = variable.before;
  json["after"] = variable.after;
  json["where"] = Json::array();
  return json;
}

}  // namespace cleanslate
