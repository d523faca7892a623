#pragma once

// Reports for tests: one as in the documentation, one with something of everything, and names that attack.

#include <string>
#include <vector>

#include "report/report.h"

namespace cleanslate::samples {

// The window of the interface's own example.
Report Orders();

// Every kind of state, `entries` of each, every entry with `frames` frames.
Report Everything(int entries, int frames);

// Newlines, quotes, terminal sequences, NUL, invalid and overlong UTF-8, 4 KB, a bidirectional override, a C1
// byte.
std::vector<std::string> HostileNames();

// `Everything`, with each text that comes from the host replaced.
Report EverythingNamed(const std::string& name, int entries, int frames);

}  // namespace cleanslate::samples
