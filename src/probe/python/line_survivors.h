#pragma once

// Which lines have left objects in each of the windows of a watch: what PythonLineWatch has noted and still
// lives, seen by PythonReachability. COLD; with the interpreter's lock.

#include <vector>

#include "probe/line.h"
#include "probe/python/api.h"
#include "probe/python/sites.h"

namespace cleanslate {

// Largest first.
std::vector<LineSurvivors> FindLineSurvivors(const PythonApi& api, const PythonSites& sites,
                                             unsigned windows);

}  // namespace cleanslate
