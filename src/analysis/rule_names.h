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
inline constexpr std::string_view kStaleConnection = "stale-connection";
inline constexpr std::string_view kVariableGrowth = "variable-growth";
inline constexpr std::string_view kVariableReplaced = "variable-replaced";
inline constexpr std::string_view kDefaultArgumentMutated = "default-argument-mutated";
inline constexpr std::string_view kStaticDataChanged = "static-data-changed";
inline constexpr std::string_view kEnvironmentChanged = "environment-changed";
inline constexpr std::string_view kWorkingDirectoryChanged = "working-directory-changed";
inline constexpr std::string_view kSignalHandlerChanged = "signal-handler-changed";
inline constexpr std::string_view kLocaleChanged = "locale-changed";
inline constexpr std::string_view kUmaskChanged = "umask-changed";
inline constexpr std::string_view kThreadLeftRunning = "thread-left-running";
inline constexpr std::string_view kProcessLeftRunning = "process-left-running";
inline constexpr std::string_view kTimerLeftRunning = "timer-left-running";
inline constexpr std::string_view kPostResponseActivity = "post-response-activity";
inline constexpr std::string_view kPayloadRetained = "payload-retained";
inline constexpr std::string_view kLimitApproaching = "limit-approaching";

inline constexpr std::array<std::string_view, 25> kRuleNames = {
    kHeapGrowth,
    kHeapRetained,
    kMappingGrowth,
    kDescriptorLeak,
    kConnectionLeak,
    kStaleConnection,
    kTmpResidue,
    kTmpGrowth,
    kVariableGrowth,
    kVariableReplaced,
    kDefaultArgumentMutated,
    kStaticDataChanged,
    kEnvironmentChanged,
    kWorkingDirectoryChanged,
    kSignalHandlerChanged,
    kLocaleChanged,
    kUmaskChanged,
    kThreadLeftRunning,
    kProcessLeftRunning,
    kTimerLeftRunning,
    kPostResponseActivity,
    kPayloadRetained,
    "credential-retained",
    "credential-expired",
    kLimitApproaching,
};

}  // namespace cleanslate
