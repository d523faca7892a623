#include <cstdint>
#include <map>
#include <string>

#include "report/entry_json.h"
#include "report/render.h"

namespace cleanslate {
namespace {

Json WhereJson(const Frames& frames) {
  Json where = Json::array();
  for (const Frame& frame : frames) where.push_back(ToJson(frame));
  return where;
}

Json FindingJson(const FindingSummary& finding) {
  const Finding& latest = finding.latest;
  return {{"fingerprint", latest.fingerprint},
          {"rule", latest.rule},
          {"severity", NameOf(finding.severity)},
          {"subject", latest.subject},
          {"message", latest.message},
          {"where", WhereJson(latest.where)},
          {"windows", finding.windows},
          {"environments", finding.environments},
          {"firstRequestId", finding.first_request_id},
          {"lastRequestId", finding.last_request_id},
          {"count", latest.count},
          {"bytes", latest.bytes},
          {"trend", ToJson(latest.trend)}};
}

Json EnvironmentJson(const EnvironmentSummary& environment) {
  Json json = Json::object();
  json["id"] = environment.id;
  json["function"] = ToJson(environment.function);
  json["runtime"] = environment.runtime;
  json["pid"] = environment.pid;
  json["windows"] = environment.windows;
  json["first"] = environment.first_window;
  json["last"] = environment.last_window;
  json["findings"] = environment.findings;
  json["live"] = ToJson(environment.latest.live);
  if (!environment.quiet_reason.empty()) json["quiet"] = environment.quiet_reason;
  return json;
}

Json CountsJson(const std::map<std::string, std::int64_t>& counts) {
  Json json = Json::object();
  for (const auto& [what, count] : counts) json[what] = count;
  return json;
}

Json TotalsJson(const Summary& summary) {
  const Totals& totals = summary.totals;
  Json json = Json::object();
  json["windows"] = totals.windows;
  json["reports"] = totals.reports;
  json["environments"] = summary.environments.size();
  json["findings"] = summary.findings.size();
  json["info"] = summary.CountOf(Severity::kInfo);
  json["warning"] = summary.CountOf(Severity::kWarning);
  json["critical"] = summary.CountOf(Severity::kCritical);
  json["suppressed"] = CountsJson(totals.suppressed);
  json["known"] = CountsJson(totals.known);
  json["unusedSuppressions"] = Json::array();
  for (const UnusedSuppression& unused : summary.unused_suppressions) {
    json["unusedSuppressions"].push_back(
        {{"file", unused.file}, {"line", unused.line}, {"text", unused.text}});
  }
  json["survivedHeapBytes"] = totals.survived_heap_bytes;
  json["survivedDescriptors"] = totals.survived_descriptors;
  json["survivedFiles"] = totals.survived_files;
  json["duplicates"] = totals.duplicates;
  json["torn"] = summary.log.torn;
  json["foreign"] = summary.log.foreign;
  json["leftOut"] = CountsJson(totals.left_out);
  return json;
}

}  // namespace

std::string RenderJson(const Summary& summary) {
  Json json = Json::object();
  json["schema"] = kReportSchema;
  json["windows"] = summary.totals.windows;
  json["environments"] = Json::array();
  for (const EnvironmentSummary& environment : summary.environments) {
    json["environments"].push_back(EnvironmentJson(environment));
  }
  json["findings"] = Json::array();
  for (const FindingSummary& finding : summary.findings) json["findings"].push_back(FindingJson(finding));
  json["totals"] = TotalsJson(summary);
  return EscapeControls(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace cleanslate
