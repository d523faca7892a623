// The functions of include/cleanslate/annotate.h.

#include "base/guard.h"
#include "preload/library.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace cleanslate {

EXPORT void cleanslate_window_begin(const char* id) {
  library::BeginWindow(id);
}
EXPORT void cleanslate_window_end() {
  library::EndWindow();
}
EXPORT void cleanslate_ignore_begin() {
  ++thread_locals.ignoring;
}
EXPORT void cleanslate_ignore_end() {
  if (thread_locals.ignoring > 0) --thread_locals.ignoring;
}

}  // namespace cleanslate
