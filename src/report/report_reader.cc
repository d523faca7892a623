#include "report/report_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "report/line_parts.h"
#include "report/rfc3339.h"

namespace cleanslate {
namespace {

using nlohmann::json;

// Sums of these stay within their type, whatever a line says.
constexpr std::int64_t kLargestCount = std::int64_t{1} << 53;
constexpr std::int64_t kLargestMetric = std::int64_t{1} << 60;
constexpr double kTwoTo63 = 9223372036854775808.0;

// Reads members of one object. The first that is of another type than it should be is remembered in `error`;
// a missing one and null leave the value as it is.
class Members {
 public:
  Members(const json& object, std::string path, std::string& error)
      : object_(object), path_(std::move(path)), error_(error) {}

  void Read(const char* name, std::string& value) const {
    if (const json* member = Find(name, &json::is_string, "a string"))
      value = member->get_ref<const std::string&>();
  }

  void Read(const char* name, bool& value) const {
    if (const json* member = Find(name, &json::is_boolean, "true or false")) value = member->get<bool>();
  }

  void Read(const char* name, double& value) const {
    if (const json* member = Find(name, &json::is_number, "a number")) value = member->get<double>();
  }

  void Read(const char* name, std::int64_t& value) const { ReadWhole(name, value); }
  void Read(const char* name, std::uint64_t& value) const { ReadWhole(name, value); }
  void Read(const char* name, std::uint32_t& value) const { ReadWhole(name, value); }
  void Read(const char* name, int& value) const { ReadWhole(name, value); }

  void Read(const char* name, std::optional<std::int64_t>& value) const {
    if (Find(name, &json::is_number, "a number") != nullptr) ReadWhole(name, value.emplace());
  }

  void Require(const char* name) const {
    if (!object_.contains(name)) Fail(name, "there");
  }

  template <typename Enum>
  void ReadName(const char* name, Enum& value) const {
    const json* member = Find(name, &json::is_string, "a string");
    if (member != nullptr && !Parse(member->get_ref<const std::string&>(), value)) Fail(name, "a known name");
  }

  template <typename Reader>
  void ReadObject(const char* name, Reader&& read) const {
    if (const json* member = Find(name, &json::is_object, "an object"))
      read(Members(*member, PathOf(name), error_));
  }

  template <typename Entry>
  void ReadList(const char* name, std::vector<Entry>& entries, void (*read)(const Members&, Entry&)) const {
    const json* list = Find(name, &json::is_array, "a list");
    if (list == nullptr) return;
    entries.reserve(list->size());
    for (const json& each : *list) {
      const std::string path = absl::StrCat(PathOf(name), "[", entries.size(), "]");
      if (!each.is_object()) return FailAt(path, "an object");
      read(Members(each, path, error_), entries.emplace_back());
    }
  }

  void ReadTexts(const char* name, std::vector<std::string>& texts) const {
    const json* list = Find(name, &json::is_array, "a list");
    if (list == nullptr) return;
    for (const json& each : *list) {
      if (!each.is_string()) return Fail(name, "a list of strings");
      texts.push_back(each.get_ref<const std::string&>());
    }
  }

  void ReadCounts(const char* name, std::map<std::string, std::int64_t>& counts) const {
    ReadObject(name, [&counts](const Members& members) {
      for (const auto& [key, value] : members.object_.items()) {
        std::int64_t& count = counts[key];  // the whole key, which may hold a NUL
        if (value.is_null()) continue;
        if (!value.is_number() || !ToWhole(value, count) || count < 0) members.Fail(key.c_str(), "a count");
        count = std::clamp<std::int64_t>(count, 0, kLargestCount);
      }
    });
  }

  void Fail(const char* name, const char* expected) const { FailAt(PathOf(name), expected); }

 private:
  const json* Find(const char* name, bool (json::*is_expected)() const noexcept, const char* expected) const {
    const auto member = object_.find(name);
    if (member == object_.end() || member->is_null()) return nullptr;
    if (((*member).*is_expected)()) return &*member;
    Fail(name, expected);
    return nullptr;
  }

  template <typename Whole>
  void ReadWhole(const char* name, Whole& value) const {
    const json* member = Find(name, &json::is_number, "a number");
    if (member == nullptr) return;
    if (!ToWhole(*member, value)) Fail(name, "a whole number within its range");
  }

  template <typename Whole>
  static bool ToWhole(const json& member, Whole& value) {
    if (member.is_number_unsigned()) {
      const auto number = member.get<std::uint64_t>();
      if (!std::in_range<Whole>(number)) return false;
      value = static_cast<Whole>(number);
      return true;
    }
    std::int64_t number = 0;
    if (member.is_number_integer()) {
      number = member.get<std::int64_t>();
    } else {
      // 1e3 and 4.0 are whole numbers to whoever wrote them.
      const double real = member.get<double>();
      if (!(real >= -kTwoTo63 && real < kTwoTo63) || std::trunc(real) != real) return false;
      number = static_cast<std::int64_t>(real);
    }
    if (!std::in_range<Whole>(number)) return false;
    value = static_cast<Whole>(number);
    return true;
  }

  std::string PathOf(const char* name) const { return path_.empty() ? name : absl::StrCat(path_, ".", name); }

  void FailAt(const std::string& path, const char* expected) const {
    if (error_.empty()) error_ = absl::StrCat("member ", path, " is not ", expected);
  }

  const json& object_;
  const std::string path_;
  std::string& error_;
};

void ReadFrame(const Members& members, Frame& frame) {
  members.Read("function", frame.function);
  members.Read("file", frame.file);
  members.Read("line", frame.line);
  members.Read("module", frame.module);
  members.Read("buildId", frame.build_id);
  members.Read("offset", frame.offset);
}

void ReadWhere(const Members& members, Frames& where) {
  members.ReadList("where", where, &ReadFrame);
}

void ReadFinding(const Members& members, Finding& finding) {
  members.Read("rule", finding.rule);
  members.ReadName("severity", finding.severity);
  members.Read("subject", finding.subject);
  members.Read("message", finding.message);
  members.Read("fingerprint", finding.fingerprint);
  members.Read("count", finding.count);
  members.Read("bytes", finding.bytes);
  ReadWhere(members, finding.where);
  members.ReadObject("trend", [&trend = finding.trend](const Members& object) {
    object.ReadName("pattern", trend.pattern);
    object.Read("windows", trend.windows);
    object.Read("grew", trend.grew);
    object.Read("perWindow", trend.per_window);
    object.Read("unit", trend.unit);
    object.Read("exhaustsIn", trend.exhausts_in);
    object.Read("limit", trend.limit);
  });
  members.Read("firstSeen", finding.first_seen);
  members.Read("age", finding.age);
}

void ReadSite(const Members& members, SurvivingSite& site) {
  members.Read("blocks", site.blocks);
  members.Read("bytes", site.bytes);
  ReadWhere(members, site.where);
}

void ReadDescriptor(const Members& members, SurvivingDescriptor& descriptor) {
  members.Read("fd", descriptor.fd);
  members.Read("kind", descriptor.kind);
  members.Read("target", descriptor.target);
  members.Read("local", descriptor.local);
  members.Read("peer", descriptor.peer);
  members.Read("state", descriptor.state);
  members.Read("deleted", descriptor.deleted);
  members.Read("bytes", descriptor.bytes);
  ReadWhere(members, descriptor.where);
}

void ReadFile(const Members& members, SurvivingFile& file) {
  members.Read("path", file.path);
  members.Read("type", file.type);
  members.Read("change", file.change);
  members.Read("bytes", file.bytes);
  members.Read("bytesBefore", file.bytes_before);
  ReadWhere(members, file.where);
}

void ReadThread(const Members& members, SurvivingThread& thread) {
  members.Read("tid", thread.tid);
  members.Read("name", thread.name);
  members.Read("start", thread.start);
  ReadWhere(members, thread.where);
}

void ReadProcess(const Members& members, SurvivingProcess& process) {
  members.Read("pid", process.pid);
  members.Read("command", process.command);
  members.Read("state", process.state);
  ReadWhere(members, process.where);
}

void ReadEnvironment(const Members& members, ChangedEnvironment& variable) {
  members.Read("name", variable.name);
  members.Read("change", variable.change);
  ReadWhere(members, variable.where);
}

void ReadAttribute(const Members& members, ChangedAttribute& attribute) {
  members.Read("name", attribute.name);
  members.Read("before", attribute.before);
  members.Read("after", attribute.after);
  ReadWhere(members, attribute.where);
}

void ReadVariable(const Members& members, ChangedVariable& variable) {
  members.Read("name", variable.name);
  members.Read("kind", variable.kind);
  members.Read("change", variable.change);
  members.Read("before", variable.before);
  members.Read("after", variable.after);
  ReadWhere(members, variable.where);
}

void ReadSurvived(const Members& members, Survived& survived) {
  members.ReadObject("heap", [&heap = survived.heap](const Members& object) {
    object.Read("blocks", heap.blocks);
    object.Read("bytes", heap.bytes);
    object.ReadList("sites", heap.sites, &ReadSite);
  });
  members.ReadList("mappings", survived.mappings, &ReadSite);
  members.ReadList("descriptors", survived.descriptors, &ReadDescriptor);
  members.ReadList("files", survived.files, &ReadFile);
  members.ReadList("threads", survived.threads, &ReadThread);
  members.ReadList("processes", survived.processes, &ReadProcess);
  members.ReadList("environment", survived.environment, &ReadEnvironment);
  members.ReadList("process", survived.process, &ReadAttribute);
  members.ReadList("variables", survived.variables, &ReadVariable);
}

void ReadLive(const Members& members, Live& live) {
  members.Read("heapBytes", live.heap_bytes);
  members.Read("heapBlocks", live.heap_blocks);
  members.Read("descriptors", live.descriptors);
  members.Read("tmpBytes", live.tmp_bytes);
  members.Read("tmpFiles", live.tmp_files);
  members.Read("threads", live.threads);
  members.Read("processes", live.processes);
  members.Read("rssBytes", live.rss_bytes);
  members.Read("deletedBytes", live.deleted_bytes);
  members.Read("tmpUnaccountedBytes", live.unaccounted_bytes);
}

void ReadCore(const Members& members, Report& report) {
  // Without it, this is a piece of something else.
  members.Require("type");
  members.ReadName("type", report.type);
  members.Read("environment", report.environment);
  members.Read("pid", report.pid);
  members.Read("runtime", report.runtime);
  members.ReadObject("function", [&function = report.function](const Members& object) {
    object.Read("name", function.name);
    object.Read("version", function.version);
    object.Read("memoryMB", function.memory_mb);
  });
  members.ReadObject("window", [&window = report.window](const Members& object) {
    object.Read("first", window.first);
    object.Read("last", window.last);
    object.ReadTexts("requestIds", window.request_ids);
    object.Read("concurrent", window.concurrent);
    object.Read("coldStart", window.cold_start);
    object.Read("durationMs", window.duration_ms);
  });
  members.Read("reason", report.reason);
  members.ReadList("findings", report.findings, &ReadFinding);
  members.ReadObject("survived", [&report](const Members& object) { ReadSurvived(object, report.survived); });
  members.ReadObject("live", [&report](const Members& object) { ReadLive(object, report.live); });
  members.ReadCounts("leftOut", report.left_out);
  members.ReadCounts("suppressed", report.suppressed);
  members.ReadCounts("known", report.known);
  members.ReadObject("cost", [&cost = report.cost](const Members& object) {
    object.Read("boundaryUs", cost.boundary_us);
    object.Read("trackingBytes", cost.tracking_bytes);
  });
}

// What the short form of a line only says at its top.
void ReadTop(const Members& members, const json& object, Report& report) {
  std::string name;
  members.Read("FunctionName", name);
  if (report.function.name.empty() && name != kUnknownFunction) report.function.name = name;

  // `add` is called with a metric that is more than what is known from the lists.
  const auto at_least = [&members](const char* metric, std::int64_t known, auto&& add) {
    std::int64_t whole = known;
    members.Read(metric, whole);
    if (whole > known) add(whole, known);
  };
  const auto leave_out = [&left_out = report.left_out](const char* key) {
    return [&left_out, key](std::int64_t whole, std::int64_t known) {
      left_out[key] += std::min(whole, kLargestMetric) - known;
    };
  };
  at_least("SurvivedDescriptors", CountDescriptors(report), leave_out("descriptors"));
  at_least("SurvivedFiles", CountFiles(report), leave_out("files"));
  at_least("Findings", CountFindings(report), leave_out("findings"));
  const auto take = [](std::int64_t& value) {
    return [&value](std::int64_t whole, std::int64_t) { value = whole; };
  };
  at_least("SurvivedHeapBytes", report.survived.heap.bytes, take(report.survived.heap.bytes));
  at_least("LiveDescriptors", report.live.descriptors, take(report.live.descriptors));
  at_least("TmpBytes", report.live.tmp_bytes, take(report.live.tmp_bytes));

  bool has_time = false;
  members.ReadObject("_aws", [&](const Members& directive) {
    directive.Read("Timestamp", report.timestamp_ms);
    has_time = object.at("_aws").contains("Timestamp");
  });
  std::string timestamp;
  members.Read("timestamp", timestamp);
  if (!has_time) report.timestamp_ms = ParseRfc3339(timestamp).value_or(0);
}

// A change of the schema's first number is one that a reader can't ignore.
bool IsKnownSchema(std::string_view schema) {
  int first = 0;
  const auto [end, error] = std::from_chars(schema.data(), schema.data() + schema.size(), first);
  return error == std::errc{} && first == 1 && (end == schema.data() + schema.size() || *end == '.');
}

bool IsTooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepestReport) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<Report> ReadReport(const json& object) {
  if (!object.is_object()) return absl::NotFoundError("not a report: not an object");
  const auto core = object.find("cleanslate");
  if (core == object.end() || !core->is_object() || !core->contains("schema")) {
    return absl::NotFoundError("not a report: no member cleanslate.schema");
  }
  const json& schema = core->at("schema");
  if (!schema.is_string() || !IsKnownSchema(schema.get_ref<const std::string&>())) {
    return absl::InvalidArgumentError(absl::StrCat("a report of schema ",
                                                   schema.dump(-1, ' ', true, json::error_handler_t::replace),
                                                   ", which this version does not know"));
  }
  Report report;
  std::string error;
  ReadCore(Members(*core, "cleanslate", error), report);
  ReadTop(Members(object, "", error), object, report);
  if (!error.empty()) return absl::InvalidArgumentError(error);
  return report;
}

absl::StatusOr<Report> ReadLine(std::string_view line) {
  if (line.size() > kLongestReport) return absl::InvalidArgumentError("longer than any report");
  if (IsTooDeep(line)) return absl::InvalidArgumentError("nested deeper than any report");
  const json object = json::parse(line, nullptr, false);
  if (object.is_discarded()) return absl::InvalidArgumentError("not JSON");
  return ReadReport(object);
}

}  // namespace cleanslate
