#pragma once

// The seam for the checked build of the library (tests/soundness), which holds every stack against a fresh
// walk. In the library itself it is nothing.

#include "base/call_site.h"
#include "record/stack_id.h"
#include "record/stack_table.h"

namespace cleanslate {

enum class StackSource { kRemembered, kWalked };

#ifdef CLEANSLATE_AUDIT_STACKS
void AuditStack(const CallSite& site, StackId stack, StackSource source, const StackTable& stacks);
#else
inline void AuditStack(const CallSite&, StackId, StackSource, const StackTable&) {}
#endif

}  // namespace cleanslate
