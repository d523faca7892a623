// The only source that is compiled with sibling calls: a jump in place of a call and a return.

#include <stdlib.h>

#include "heap_victim.h"

NAMED void* jumps_to_malloc(size_t size) {
  return malloc(size);
}
NAMED void* calls_a_jump(size_t size) {
  return heap::Opaque(jumps_to_malloc(size));
}
NAMED void* jumps_target(size_t size) {
  return heap::Opaque(malloc(size));
}
NAMED void* jumps_on(size_t size) {
  return jumps_target(size);
}
