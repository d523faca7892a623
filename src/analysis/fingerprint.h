#pragma once

// The name of a cause: "v1:" and 16 hexadecimal digits, the same in every environment, invocation and build,
// so that reports can be compared, counted and suppressed. It is the 64-bit FNV-1a hash (RFC draft
// draft-eastlake-fnv) of
//
//   rule \0 plain module \0 plain function        where the suspect has a name
//   rule \0 \0 pattern                            else
//
// with the names as suspect.h makes them plain and the pattern as pattern.h; ephemeral ports count as `*`.
// Offsets, lines, addresses and versions don't enter. A change of this recipe changes "v1".

#include <string>
#include <string_view>

#include "analysis/suspect.h"

namespace cleanslate {

std::string Fingerprint(std::string_view rule, const Suspect& suspect, std::string_view pattern);

}  // namespace cleanslate
