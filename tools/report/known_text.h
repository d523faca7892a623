#pragma once

// The catalogue of known harmless survivors in prose: the other half of `cleanslate explain`.

#include <string>
#include <string_view>

#include "analysis/known_survivors.h"

namespace cleanslate {

// Aligned columns, and one entry's page; both end in a newline.
std::string KnownTable();
std::string KnownPage(const KnownSurvivor& known);

// The entry whose name is most like `name`, or empty when it is like none.
std::string_view NearestKnown(std::string_view name);

}  // namespace cleanslate
