// Compiled twice, with frame pointers and without, under two names.

#include <stdlib.h>

#include "heap_victim.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

NAMED void* JOIN(FRAMES, _inner)(size_t size) {
  return heap::Opaque(malloc(heap::Opaque(size)));
}
NAMED void* JOIN(FRAMES, _outer)(void* (*next)(size_t), size_t size) {
  volatile char room[200];
  room[size % sizeof(room)] = 1;
  return heap::Opaque(next(size + room[size % sizeof(room)] - 1));
}
