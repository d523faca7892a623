#pragma once

// The life of the library in one process: loaded, dormant, watching, quiet.

#include <sys/socket.h>

#include "boundary/window_info.h"

namespace cleanslate::library {

// This process is about to connect to `peer`: when that is the Runtime API, watching begins.
void WakeFor(const sockaddr* peer, socklen_t size);

// Runs the conductor, under the caller's guard.
void OnBoundary(const Boundary& boundary);

// A window that the program marks itself (include/cleanslate/annotate.h).
void BeginWindow(const char* id);
void EndWindow();

// First thing in the child of a fork: it is quiet until it connects to the Runtime API itself.
void ForkedChild();

}  // namespace cleanslate::library
