#pragma once

// Who made a thing, and when, as an interposed call saw it. The default says that nobody did.

#include "record/stack_id.h"

namespace cleanslate {

struct Birth {
  StackId stack = StackId::kNone;
  WindowNumber window = 0;
};

struct ThreadBirth {
  StackId stack = StackId::kNone;  // of the call that started it
  WindowNumber window = 0;
  StackId start = StackId::kNone;  // one frame: the function that it was started with
  bool idle = false;               // no invocation was in flight
};

}  // namespace cleanslate
