#pragma once

// What a call did while no invocation was in flight.

#include <cstdint>

namespace cleanslate {

enum class ActivityKind : std::uint8_t { kDescriptor, kConnection, kFile, kProcess, kThread, kAttribute };

}  // namespace cleanslate
