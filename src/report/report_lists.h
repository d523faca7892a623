#pragma once

// A report's lists under one interface, so that what fits a line can be chosen without knowing each type.
// Internal to this room.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "report/entry_json.h"
#include "report/report.h"

namespace cleanslate {

enum class ListId : std::uint8_t {
  kRequestIds,
  kFindings,
  kHeapSites,
  kMappings,
  kDescriptors,
  kFiles,
  kThreads,
  kProcesses,
  kEnvironment,
  kProcess,
  kVariables,
};
// In bytes of JSON: {"tid":1,"name":"","where":[]} is longer.
inline constexpr std::size_t kSmallestEntry = 24;

inline constexpr std::size_t kListCount = 11;
inline constexpr std::array<ListId, kListCount> kAllLists = {
    ListId::kRequestIds,  ListId::kFindings, ListId::kHeapSites, ListId::kMappings,
    ListId::kDescriptors, ListId::kFiles,    ListId::kThreads,   ListId::kProcesses,
    ListId::kEnvironment, ListId::kProcess,  ListId::kVariables};

// The list's key in `leftOut`.
const char* KeyOf(ListId list);

std::size_t SizeOf(const Report& report, ListId list);

// Entry `index` without its frames, and its frames (none for a request id).
Json EntryOf(const Report& report, ListId list, std::size_t index);
std::span<const Frame> FramesOf(const Report& report, ListId list, std::size_t index);

// The entries that go into a line, by list, frames included.
struct Lists {
  std::array<std::vector<Json>, kListCount> entries;

  std::vector<Json>& operator[](ListId list) { return entries[static_cast<std::size_t>(list)]; }
  const std::vector<Json>& operator[](ListId list) const { return entries[static_cast<std::size_t>(list)]; }
};

// Everything.
Lists AllLists(const Report& report);

}  // namespace cleanslate
