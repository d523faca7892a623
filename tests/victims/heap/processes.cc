// Children of fork share the parent's blocks and none of its books.

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap_victim.h"

using heap::BeginWindow;
using heap::Born;
using heap::EndWindow;
using heap::Fail;
using heap::Free;
using heap::Keep;
using heap::Opaque;

namespace {

constexpr int kBlocks = 300;
Born blocks[kBlocks];

void WaitFor(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) Fail("the child failed");
}

}  // namespace

NAMED void* process_malloc(size_t size) {
  return malloc(Opaque(size));
}

NAMED void fill(const char* chain) {
  for (int i = 0; i < kBlocks; ++i) blocks[i] = Keep(chain, process_malloc(size_t{30} + i), size_t{30} + i);
}

// The child frees all and allocates its own; the parent's window, in the midst of which it forked, stays
// right.
HEAP_VICTIM(forked_child_frees_all) {
  for (int round = 0; round < 3; ++round) {
    BeginWindow();
    fill("process_malloc fill forked_child_frees_all main");
    const pid_t child = fork();
    if (child == 0) {
      for (const Born& block : blocks) free(block.address);
      for (int i = 0; i < 1000; ++i) {
        if (process_malloc(100) == nullptr) _exit(1);
      }
      exit(0);
    }
    for (int i = 0; i < 100; ++i) Free(blocks[i]);
    WaitFor(child);
    EndWindow();
    BeginWindow();
    for (int i = 100; i < kBlocks; ++i) Free(blocks[i]);
    EndWindow();
  }
  return 0;
}

// A child that marks windows itself is watched anew: what the parent left is nothing that it ever heard of.
HEAP_VICTIM(forked_child_has_its_own_windows) {
  BeginWindow();
  fill("process_malloc fill forked_child_has_its_own_windows main");
  EndWindow();
  const pid_t child = fork();
  if (child == 0) {
    heap::ForgetAll();
    BeginWindow();
    for (int i = 0; i < kBlocks / 2; ++i) free(blocks[i].address);
    const Born mine =
        Keep("process_malloc forked_child_has_its_own_windows main", process_malloc(7000), 7000);
    EndWindow();
    BeginWindow();
    for (int i = kBlocks / 2; i < kBlocks; ++i) free(blocks[i].address);
    Free(mine);
    EndWindow();
    _exit(0);
  }
  WaitFor(child);
  BeginWindow();
  for (const Born& block : blocks) Free(block);
  EndWindow();
  return 0;
}

// CLEANSLATE=always: the exit report is the parent's alone. The window's number is 0: it counts all that
// lives.
HEAP_VICTIM(forked_child_of_a_process_that_is_always_watched) {
  fill("process_malloc fill forked_child_of_a_process_that_is_always_watched main");
  const pid_t child = fork();
  if (child == 0) {
    for (const Born& block : blocks) free(block.address);
    exit(0);
  }
  WaitFor(child);
  return 0;
}
