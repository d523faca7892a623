// A library that keeps a block. The name of the inner function is a place that a test writes another name of
// the same length into; nothing looks it up.

#include <stdlib.h>

extern "C" __attribute__((noinline)) void* name_to_be_written_over_by_a_test_that_wants_another(size_t size) {
  void* block = malloc(size);
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}

extern "C" __attribute__((visibility("default"))) void* plugin_keep() {
  void* block = name_to_be_written_over_by_a_test_that_wants_another(100);
  asm volatile("" : "+r"(block) : : "memory");
  return block;
}
