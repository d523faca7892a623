#include "sample_reports.h"

namespace cleanslate::samples {
namespace {

using namespace std::string_literals;

Frames Stack(const std::string& name, int frames) {
  Frames stack;
  for (int i = 0; i < frames; ++i) {
    Frame frame;
    frame.function = name;
    frame.file = i % 2 == 0 ? name : "";
    frame.line = i % 2 == 0 ? i + 1 : 0;
    frame.module = name;
    if (i % 2 == 1) {
      frame.build_id = "00ff17";
      frame.offset = 0xffffffffffffffffULL - static_cast<unsigned>(i);
    }
    stack.push_back(frame);
  }
  return stack;
}

}  // namespace

Report Orders() {
  Report report;
  report.timestamp_ms = 1795410131123;
  report.environment = "6f0c";
  report.pid = 17;
  report.runtime = "python3.11";
  report.function = {"orders", "7", 128};
  report.window = {5, 5, {"8f5e"}, false, false, 12.4};
  Finding finding;
  finding.rule = "variable-growth";
  finding.severity = Severity::kWarning;
  finding.subject = "app.cache";
  finding.message = "global list app.cache grew by 1 entry in each of the last 4 invocations (now 5)";
  finding.fingerprint = "v1:b3c1000000000000";
  finding.count = 1;
  finding.where = {{"", "app.py", 1, "", "", 0}};
  finding.trend = {Pattern::kGrowing, 5, 4, 1, "entries", std::nullopt, std::nullopt};
  finding.first_seen = 2;
  finding.age = 4;
  report.findings = {finding};
  report.survived.heap = {12, 4210, {{1, 4096, {{"grow", "leak.c", 12, "libleak.so", "", 0}}}}};
  report.survived.descriptors = {{9, "file", "/tmp/a.txt", "", "", "", false, 0, {}}};
  report.survived.files = {{"/tmp/a.txt", "", "created", 10, 0, {}}};
  report.survived.variables = {{"app.cache", "list", "grown", 4, 5, {{"", "app.py", 1, "", "", 0}}}};
  report.live = {.heap_bytes = 910233,
                 .heap_blocks = 10422,
                 .descriptors = 9,
                 .tmp_bytes = 10,
                 .tmp_files = 1,
                 .threads = 1,
                 .rss_bytes = 31457280};
  report.left_out = {{"heap.sites", 3}};
  report.cost = {412, 2097152};
  return report;
}

Report Everything(int entries, int frames) {
  return EverythingNamed("name", entries, frames);
}

Report EverythingNamed(const std::string& name, int entries, int frames) {
  Report report = Orders();
  report.environment = report.runtime = report.function.name = report.function.version = name;
  report.window.request_ids.clear();
  report.findings.clear();
  report.survived = {};
  report.left_out.clear();
  report.live.processes = entries;
  report.live.deleted_bytes = 4096;
  report.live.unaccounted_bytes = 8192;
  report.suppressed = {{"tmp-growth:" + name, 2}, {"heap-growth:^" + name + "$", 1}};
  report.known = {{"python-re-cache", 3}, {name, 1}};
  for (int i = 0; i < entries; ++i) {
    const Frames where = Stack(name, frames);
    report.window.request_ids.push_back(name);
    Finding finding = Orders().findings[0];
    finding.severity = static_cast<Severity>(i % 3);
    finding.subject = finding.message = finding.trend.unit = name;
    finding.trend.exhausts_in = i;
    finding.trend.limit = 1024;
    finding.trend.per_window = i + 0.5;
    finding.where = where;
    report.findings.push_back(finding);
    Survived& survived = report.survived;
    survived.heap.sites.push_back({i + 1, 100000 - i, where});
    survived.heap.blocks += i + 1;
    survived.heap.bytes += 100000 - i;
    survived.mappings.push_back({1, 4096, where});
    survived.descriptors.push_back(
        {i, "socket", name, "tcp 127.0.0.1:1", name, "CLOSE_WAIT", true, 7, where});
    survived.files.push_back({name, "directory", "grown", 5, 4, where});
    survived.threads.push_back({100 + i, name, name, where});
    survived.processes.push_back({200 + i, name, "running", where});
    survived.environment.push_back({name, "added", where});
    survived.process.push_back({"umask", name, name, where});
    survived.variables.push_back({name, "dict", "grown", i, i + 1, where});
  }
  return report;
}

std::vector<std::string> HostileNames() {
  return {
      "line\nbreak\r\nand\ttab",
      "quote\" back\\slash </script> ${jndi}",
      "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J",
      "nul\0inside"s,
      "\xff\xfe invalid \xc3",
      "overlong \xc0\xaf surrogate \xed\xa0\x80",
      "c1 \xc2\x9b 31m, rtl \xe2\x80\xae txt.exe, separator \xe2\x80\xa8",
      std::string(4096, 'x'),
      std::string(4096, '\xff'),
      std::string(4096, '\x01'),
      std::string(4096, '"'),
      "",
      "{\"cleanslate\":{\"schema\":\"1.0\"}}",
  };
}

}  // namespace cleanslate::samples
