#pragma once

// Who made a thing, and when, as an interposed call saw it. The default says that nobody did.

#include "record/stack_id.h"

namespace cleanslate {

struct Provenance {
  WindowNumber born = 0;
  StackId stack = StackId::kNone;
};

}  // namespace cleanslate
