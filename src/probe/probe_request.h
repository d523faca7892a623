#pragma once

// What a probe is asked at a boundary. COLD.

#include <chrono>

#include "record/stack_id.h"

namespace cleanslate {

class EventValues;

struct ProbeRequest {
  WindowNumber window = 0;             // that was just closed
  const EventValues* event = nullptr;  // the window's events; null: they are not to be looked for
  std::chrono::steady_clock::time_point deadline;
  bool lines = false;  // lines are to be watched from now on
};

}  // namespace cleanslate
