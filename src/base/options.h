#pragma once

// The CLEANSLATE* variables of this process, read once when the library is loaded and copied: the host may
// change or overwrite its environment later. A variable or value that isn't known is kept as a complaint,
// which is said once, when the library first watches; the default is used meanwhile. Names, defaults and
// meanings: options.inc.

#include <cstddef>
#include <cstdint>

namespace cleanslate {

enum class WatchMode : std::uint8_t { kOn, kAlways, kOff };
enum class ReportMode : std::uint8_t { kFindings, kAll, kOff };
enum class StackMode : std::uint8_t { kFull, kCaller, kOff };

// Bits of Options::state, one a kind.
enum StateKind : std::uint32_t {
  kHeapState = 1u << 0,
  kMappingState = 1u << 1,
  kDescriptorState = 1u << 2,
  kTmpState = 1u << 3,
  kThreadState = 1u << 4,
  kProcessState = 1u << 5,
  kEnvironmentState = 1u << 6,
  kAttributeState = 1u << 7,
  kVariableState = 1u << 8,
  kStaticState = 1u << 9,
  kAllState = (1u << 10) - 1,
};

enum Probe : std::uint32_t {
  kPythonProbe = 1u << 0,
  kNodeProbe = 1u << 1,
  kAllProbes = (1u << 2) - 1,
};

struct Options {
  static constexpr std::size_t kPathBytes = 4096;

  WatchMode mode = WatchMode::kOn;
  ReportMode report = ReportMode::kFindings;
  StackMode stacks = StackMode::kFull;
  std::uint32_t state = kAllState;
  std::uint32_t probes = kAllProbes;
  std::size_t max_line = 4096;
  std::int64_t budget_ms = 50;
  bool residue = true;
  char output[kPathBytes] = "stderr";
  char tmp[kPathBytes] = "/tmp";
  char suppressions[kPathBytes] = "";  // empty: the task root's cleanslate.supp
  char complaints[2048] = "";          // whole lines, each ended by a newline; empty when all was understood

  // Whose variables are to be named; 0 where variables aren't watched.
  std::uint32_t WantedProbes() const { return (state & kVariableState) != 0 ? probes : 0; }
};

// `environment` is a null-terminated array of "NAME=value". Allocates nothing.
Options ParseOptions(const char* const* environment);

}  // namespace cleanslate
