#include "report/report_lists.h"

#include <string>

namespace cleanslate {
namespace {

// Calls `visit` with the vector that `list` names.
template <typename Visitor>
auto Visit(const Report& report, ListId list, Visitor&& visit) {
  switch (list) {
    case ListId::kRequestIds:
      return visit(report.window.request_ids);
    case ListId::kFindings:
      return visit(report.findings);
    case ListId::kHeapSites:
      return visit(report.survived.heap.sites);
    case ListId::kMappings:
      return visit(report.survived.mappings);
    case ListId::kDescriptors:
      return visit(report.survived.descriptors);
    case ListId::kFiles:
      return visit(report.survived.files);
    case ListId::kThreads:
      return visit(report.survived.threads);
    case ListId::kProcesses:
      return visit(report.survived.processes);
    case ListId::kEnvironment:
      return visit(report.survived.environment);
    case ListId::kProcess:
      return visit(report.survived.process);
    case ListId::kVariables:
      break;
  }
  return visit(report.survived.variables);
}

std::span<const Frame> WhereOf(const std::string&) {
  return {};
}

template <typename Entry>
std::span<const Frame> WhereOf(const Entry& entry) {
  return entry.where;
}

Json JsonOf(const std::string& text) {
  return text;
}

template <typename Entry>
Json JsonOf(const Entry& entry) {
  return ToJson(entry);
}

}  // namespace

const char* KeyOf(ListId list) {
  static constexpr std::array<const char*, kListCount> kKeys = {
      "window.requestIds", "findings",  "heap.sites",  "mappings", "descriptors", "files",
      "threads",           "processes", "environment", "process",  "variables"};
  return kKeys[static_cast<std::size_t>(list)];
}

std::size_t SizeOf(const Report& report, ListId list) {
  return Visit(report, list, [](const auto& entries) { return entries.size(); });
}

Json EntryOf(const Report& report, ListId list, std::size_t index) {
  return Visit(report, list, [index](const auto& entries) { return JsonOf(entries[index]); });
}

std::span<const Frame> FramesOf(const Report& report, ListId list, std::size_t index) {
  return Visit(report, list, [index](const auto& entries) { return WhereOf(entries[index]); });
}

Lists AllLists(const Report& report) {
  Lists lists;
  for (const ListId list : kAllLists) {
    const std::size_t size = SizeOf(report, list);
    lists[list].reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      Json entry = EntryOf(report, list, i);
      for (const Frame& frame : FramesOf(report, list, i)) entry["where"].push_back(ToJson(frame));
      lists[list].push_back(std::move(entry));
    }
  }
  return lists;
}

}  // namespace cleanslate
