#include "base/guard.h"

namespace cleanslate {

thread_local constinit ThreadLocals thread_locals;

}  // namespace cleanslate
