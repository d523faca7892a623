// Two libraries are built from this: alfa and beta. Their code is of the same size at the same offsets, so
// that, loaded at one address, their functions return to the same places; only their names and frame sizes
// differ.

#include <stddef.h>
#include <stdlib.h>

#include "heap_victim.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
#define ENTRY TEXT(PLUGIN) "_entry"
#define FRAME TEXT(PLUGIN_FRAME_BYTES)

// `PLUGIN_entry(function)` calls its argument. It holds no address, so that its copy works elsewhere.
asm(".pushsection .text\n"
    ".balign 64\n"
    ".globl " ENTRY
    "\n"
    ".type " ENTRY ", %function\n" ENTRY
    ":\n"
    ".cfi_startproc\n"
#if defined(__x86_64__)
    "sub $" FRAME
    ", %rsp\n"
    ".cfi_adjust_cfa_offset " FRAME
    "\n"
    "call *%rdi\n"
    "add $" FRAME
    ", %rsp\n"
    ".cfi_adjust_cfa_offset -" FRAME
    "\n"
    "ret\n"
#elif defined(__aarch64__)
    "stp x29, x30, [sp, #-16]!\n"
    ".cfi_def_cfa_offset 16\n"
    ".cfi_offset x29, -16\n"
    ".cfi_offset x30, -8\n"
    "sub sp, sp, #(" FRAME
    " & ~15)\n"
    ".cfi_adjust_cfa_offset (" FRAME
    " & ~15)\n"
    "blr x0\n"
    "add sp, sp, #(" FRAME
    " & ~15)\n"
    ".cfi_adjust_cfa_offset -(" FRAME
    " & ~15)\n"
    "ldp x29, x30, [sp], #16\n"
    ".cfi_adjust_cfa_offset -16\n"
    "ret\n"
#endif
    ".cfi_endproc\n"
    ".size " ENTRY ", . - " ENTRY
    "\n"
    ".popsection\n");

NAMED void* JOIN(PLUGIN, _allocates)(size_t size) {
  return malloc(heap::Opaque(size));
}

NAMED void* JOIN(PLUGIN, _leaks)(size_t size) {
  void* block = JOIN(PLUGIN, _allocates)(size);
  asm volatile("" : : : "memory");
  return block;
}

#ifndef PLUGIN_IS_SILENT
namespace {
void* kept_while_loaded;
}

extern "C" __attribute__((constructor)) void JOIN(PLUGIN, _constructor)() {
  kept_while_loaded = JOIN(PLUGIN, _allocates)(1111);
}

extern "C" __attribute__((destructor)) void JOIN(PLUGIN, _destructor)() {
  free(kept_while_loaded);
  free(JOIN(PLUGIN, _allocates)(2222));
}
#endif
