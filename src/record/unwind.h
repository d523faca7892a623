#pragma once

// Captures the calling thread's stack. Uses libunwind: no allocation once a thread has its cache, a lock
// inside only while code mappings change. errno is kept. To be called under a Guard.

#include <cstdint>

namespace cleanslate {

// Writes return addresses, innermost first, at most `most`, without the frames of this library, and returns
// how many.
int CaptureStack(std::uintptr_t* frames, int most);

}  // namespace cleanslate
