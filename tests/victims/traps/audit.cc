// The smallest LD_AUDIT library: its presence alone changes how the loader starts everything else.

#include <link.h>

extern "C" __attribute__((visibility("default"))) unsigned int la_version(unsigned int version) {
  return version;
}
