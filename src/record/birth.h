#pragma once

// Who made a thing, and when, as an interposed call saw it. The default says that nobody did.

#include "record/stack_id.h"

namespace cleanslate {

struct Birth {
  StackId stack = StackId::kNone;
  WindowNumber window = 0;
};

}  // namespace cleanslate
