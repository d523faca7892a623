/* A native library with an honest interface: grow() hands out a block that its caller must release(). The
 * leaky Python handler forgets to, as wrappers of C libraries do; no garbage collector of any language can
 * see the block. */
#include <stdlib.h>
#include <string.h>

void* grow(size_t bytes);
void release(void* block);

void* grow(size_t bytes) {
  void* block = malloc(bytes);
  if (block != NULL) memset(block, 0, bytes); /* a real use: the pages become resident */
  return block;
}

void release(void* block) {
  free(block);
}
