#include "record/unwind.h"

#include <libunwind.h>

#include "base/guard.h"

// The bounds of the object this code is linked into, from the linker (ld(1), "etext"; the ELF header by
// __ehdr_start).
extern "C" const char __ehdr_start __attribute__((visibility("hidden")));
extern "C" const char etext __attribute__((visibility("hidden")));

namespace cleanslate {

int CaptureStack(std::uintptr_t* frames, int most) {
  ErrnoKeeper keep;
  const int count = unw_backtrace(reinterpret_cast<void**>(frames), most);
  const auto ours_from = reinterpret_cast<std::uintptr_t>(&__ehdr_start);
  const auto ours_to = reinterpret_cast<std::uintptr_t>(&etext);
  int inner = 0;
  while (inner < count && frames[inner] >= ours_from && frames[inner] < ours_to) ++inner;
  for (int i = inner; i < count; ++i) frames[i - inner] = frames[i];
  return count > inner ? count - inner : 0;
}

}  // namespace cleanslate
