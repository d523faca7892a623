#pragma once

// The names of all rules, as the contract's table lists them. Stable: users write them into suppressions,
// dashboards and CI jobs.

#include <array>
#include <string_view>

namespace cleanslate {

inline constexpr std::string_view kHeapGrowth = "heap-growth";
inline constexpr std::string_view kHeapRetained = "heap-retained";
inline constexpr std::string_view kMappingGrowth = "mapping-growth";
inline constexpr std::string_view kDescriptorLeak = "descriptor-leak";
inline constexpr std::string_view kConnectionLeak = "connection-leak";
inline constexpr std::string_view kTmpResidue = "tmp-residue";
inline constexpr std::string_view kTmpGrowth = "tmp-growth";

inline constexpr std::array<std::string_view, 25> kRuleNames = {
    kHeapGrowth,
    kHeapRetained,
    kMappingGrowth,
    kDescriptorLeak,
    kConnectionLeak,
    "stale-connection",
    kTmpResidue,
    kTmpGrowth,
    "variable-growth",
    "variable-replaced",
    "default-argument-mutated",
    "static-data-changed",
    "environment-changed",
    "working-directory-changed",
    "signal-handler-changed",
    "locale-changed",
    "umask-changed",
    "thread-left-running",
    "process-left-running",
    "timer-left-running",
    "post-response-activity",
    "payload-retained",
    "credential-retained",
    "credential-expired",
    "limit-approaching",
};

}  // namespace cleanslate
