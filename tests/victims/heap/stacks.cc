// Ways that lead to one call of malloc, told apart.

#include <alloca.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "heap_victim.h"

using heap::BeginWindow;
using heap::Born;
using heap::EndWindow;
using heap::Fail;
using heap::Free;
using heap::Keep;
using heap::Opaque;

NAMED void* meeting_point(size_t size) {
  return malloc(Opaque(size));
}

// Equal frames: the same stack pointer and return address at malloc; only words further out differ.
NAMED void* way_a(size_t size) {
  return Opaque(meeting_point(size));
}
NAMED void* way_b(size_t size) {
  return Opaque(meeting_point(size));
}

HEAP_VICTIM(two_callers_of_one_function) {
  BeginWindow();
  for (int i = 0; i < 6000; ++i) {
    if (i % 3 == 0) {
      Keep("meeting_point way_a two_callers_of_one_function main", way_a(40), 40);
    } else {
      Keep("meeting_point way_b two_callers_of_one_function main", way_b(50), 50);
    }
  }
  EndWindow();
  // The clean twin, and one that frees what came by one way only.
  BeginWindow();
  for (int i = 0; i < 6000; ++i) {
    Free(Keep("meeting_point way_a two_callers_of_one_function main", way_a(40), 40));
    Free(Keep("meeting_point way_b two_callers_of_one_function main", way_b(50), 50));
  }
  EndWindow();
  BeginWindow();
  for (int i = 0; i < 1000; ++i) {
    const Born freed = Keep("meeting_point way_b two_callers_of_one_function main", way_b(50), 50);
    Keep("meeting_point way_a two_callers_of_one_function main", way_a(40), 40);
    Free(freed);
  }
  EndWindow();
  return 0;
}

NAMED void* shared_outer(size_t size) {
  return Opaque(way_a(size));
}
NAMED void* way_p(size_t size) {
  return Opaque(shared_outer(size));
}
NAMED void* way_q(size_t size) {
  return Opaque(shared_outer(size));
}
// One caller, two calls: two stacks, the same names.
NAMED void* way_twice(size_t size, bool second) {
  return second ? Opaque(shared_outer(size + 1)) : Opaque(shared_outer(size));
}

HEAP_VICTIM(two_callers_further_out) {
  BeginWindow();
  for (int i = 0; i < 8000; ++i) {
    switch ((i * 7) % 4) {
      case 0:
        Keep("meeting_point way_a shared_outer way_p two_callers_further_out main", way_p(10), 10);
        break;
      case 1:
      case 2:
        Keep("meeting_point way_a shared_outer way_q two_callers_further_out main", way_q(20), 20);
        break;
      default: {
        const bool second = i % 8 > 3;
        Keep("meeting_point way_a shared_outer way_twice two_callers_further_out main", way_twice(30, second),
             second ? 31 : 30);
      }
    }
  }
  EndWindow();
  return 0;
}

// The same functions, some frames deeper or less deep, by a path that a number spells out.
NAMED void* path_left(unsigned path, int depth, size_t size);
NAMED void* path_right(unsigned path, int depth, size_t size);
static void* (*const turns[2])(unsigned, int, size_t) = {path_left, path_right};

void* path_left(unsigned path, int depth, size_t size) {
  return Opaque(depth == 0 ? meeting_point(size) : turns[path & 1](path >> 1, depth - 1, size));
}
void* path_right(unsigned path, int depth, size_t size) {
  return Opaque(depth == 0 ? meeting_point(size) : turns[path & 1](path >> 1, depth - 1, size));
}

HEAP_VICTIM(every_path_of_six_turns) {
  static char chains[64][200];
  for (unsigned path = 0; path < 64; ++path) {
    strcpy(chains[path], "meeting_point");
    for (int turn = 5; turn >= 0; --turn)
      strcat(chains[path], (path >> turn & 1) != 0 ? " path_right" : " path_left");
    strcat(chains[path], " every_path_of_six_turns main");
  }
  BeginWindow();
  unsigned random = 12345;
  for (int i = 0; i < 50000; ++i) {
    random = random * 1664525U + 1013904223U;
    const unsigned path = random >> 26;
    const Born block = Keep(chains[path], turns[path & 1](path >> 1, 5, size_t{1} + path), size_t{1} + path);
    if ((random >> 10) % 4 != 0) Free(block);
  }
  EndWindow();
  return 0;
}

// Half a thousand sites, each of its own size: more than a report lists.
HEAP_VICTIM(more_sites_than_are_listed) {
  BeginWindow();
  for (unsigned path = 0; path < 512; ++path) {
    Keep("some path", turns[path & 1](path >> 1, 8, size_t{1000} + path), size_t{1000} + path);
  }
  EndWindow();
  return 0;
}

NAMED int recurse(int depth, void** block) {
  if (depth == 0) {
    *block = meeting_point(123);
    return 0;
  }
  const int below = recurse(depth - 1, block);
  return Opaque(below) + 1;
}

// So deep that the outer end must be left out. `recursion_within_limits` is the twin.
HEAP_VICTIM(deep_recursion) {
  const int depth = argc > 0 ? atoi(argv[0]) : 10000;
  void* block = nullptr;
  BeginWindow();
  for (int i = 0; i < 20; ++i) {
    if (recurse(depth + i % 2, &block) != depth + i % 2) Fail("wrong depth");
    heap::Count("deep", 1, 123);
  }
  EndWindow();
  return 0;
}

// Frames whose size the compiler doesn't know.
NAMED void* with_alloca(size_t size) {
  char* room = static_cast<char*>(alloca(Opaque(size * 3)));
  memset(room, 1, size * 3);
  void* block = meeting_point(size);
  Opaque(room);
  return block;
}

// The stack is aligned anew (DRAP on x86-64): the caller's frame is found through a saved pointer.
NAMED void* with_realigned_stack(size_t size) {
  alignas(64) char room[256];
  memset(room, 2, Opaque(sizeof(room)));
  if (reinterpret_cast<uintptr_t>(Opaque(&room[0])) % 64 != 0) Fail("not aligned");
  void* block = meeting_point(size);
  Opaque(&room[0]);
  return block;
}

NAMED void* with_both(size_t size) {
  alignas(128) char room[128];
  char* more = static_cast<char*>(alloca(Opaque(size)));
  memset(room, 3, Opaque(sizeof(room)));
  memset(more, 4, size);
  void* block = with_realigned_stack(size);
  Opaque(&room[0]);
  Opaque(more);
  return block;
}

// Arguments on the stack, many registers saved.
NAMED void* with_many_arguments(long a, long b, long c, long d, long e, long f, long g, long h, size_t size) {
  void* block = with_both(size);
  if (Opaque(a) + Opaque(b) + Opaque(c) + Opaque(d) + Opaque(e) + Opaque(f) + Opaque(g) + Opaque(h) != 36) {
    Fail("arguments were changed");
  }
  return block;
}

HEAP_VICTIM(unusual_frames) {
  BeginWindow();
  for (size_t i = 1; i <= 300; ++i) {
    const size_t size = i * 5;
    Keep("meeting_point with_alloca unusual_frames main", with_alloca(size), size);
    Keep("meeting_point with_realigned_stack unusual_frames main", with_realigned_stack(size), size);
    Keep("meeting_point with_realigned_stack with_both unusual_frames main", with_both(size), size);
    Keep("meeting_point with_realigned_stack with_both with_many_arguments unusual_frames main",
         with_many_arguments(1, 2, 3, 4, 5, 6, 7, 8, size), size);
  }
  EndWindow();
  return 0;
}

// What the outer frame takes less, the inner one takes more: the stack pointer at malloc is always the same,
// and only the saved frame pointer tells where the frames are.
NAMED void* inner_balance(size_t room, size_t size) {
  char* rest = static_cast<char*>(alloca(Opaque(1600 - room)));
  memset(rest, 1, 1600 - room);
  void* block = meeting_point(size);
  Opaque(rest);
  return block;
}
NAMED void* outer_balance(size_t room, size_t size) {
  char* some = static_cast<char*>(alloca(Opaque(room)));
  memset(some, 2, room);
  void* block = inner_balance(room, size);
  Opaque(some);
  return block;
}
NAMED void* balanced_m(size_t room, size_t size) {
  return Opaque(outer_balance(room, size));
}
NAMED void* balanced_n(size_t room, size_t size) {
  return Opaque(outer_balance(room, size));
}

HEAP_VICTIM(frames_that_balance_each_other) {
  BeginWindow();
  for (size_t i = 0; i < 4000; ++i) {
    const size_t room = 16 * (1 + (i * 37) % 90);
    const char* const by_m =
        "meeting_point inner_balance outer_balance balanced_m frames_that_balance_each_other main";
    const char* const by_n =
        "meeting_point inner_balance outer_balance balanced_n frames_that_balance_each_other main";
    if ((i / 3) % 2 == 0) {
      Keep(by_m, balanced_m(room, 12), 12);
    } else {
      Keep(by_n, balanced_n(room, 13), 13);
    }
  }
  EndWindow();
  return 0;
}

// Both with and without frame pointers: frames.cc is compiled twice.
NAMED void* omits_outer(void* (*next)(size_t), size_t size);
NAMED void* omits_inner(size_t size);
NAMED void* keeps_outer(void* (*next)(size_t), size_t size);
NAMED void* keeps_inner(size_t size);

HEAP_VICTIM(with_and_without_frame_pointers) {
  BeginWindow();
  for (int i = 0; i < 100; ++i) {
    Keep("omits_inner omits_outer with_and_without_frame_pointers main", omits_outer(omits_inner, 10), 10);
    Keep("keeps_inner keeps_outer with_and_without_frame_pointers main", keeps_outer(keeps_inner, 20), 20);
    Keep("keeps_inner omits_outer with_and_without_frame_pointers main", omits_outer(keeps_inner, 30), 30);
    Keep("omits_inner keeps_outer with_and_without_frame_pointers main", keeps_outer(omits_inner, 40), 40);
  }
  EndWindow();
  return 0;
}

// A tail call leaves no frame behind: tail_calls.cc is compiled with them.
NAMED void* jumps_to_malloc(size_t size);
NAMED void* jumps_on(size_t size);
NAMED void* calls_a_jump(size_t size);

HEAP_VICTIM(tail_calls) {
  BeginWindow();
  Keep("tail_calls main", jumps_to_malloc(1), 1);
  Keep("calls_a_jump tail_calls main", calls_a_jump(2), 2);
  Keep("jumps_target tail_calls main", jumps_on(3), 3);
  EndWindow();
  return 0;
}

// The call is a function's last instruction: the address that it would return to is the next function's.
static jmp_buf back;
static void* from_no_return;

NAMED __attribute__((noreturn)) void leaves_by_longjmp(size_t size) {
  from_no_return = meeting_point(size);
  longjmp(back, 1);
}
NAMED void ends_with_a_call(size_t size) {
  leaves_by_longjmp(size);
}
NAMED void follows_it_in_memory(size_t size) {
  from_no_return = meeting_point(size);
}

NAMED void goes_and_comes_back() {
  if (setjmp(back) == 0) ends_with_a_call(70);
}

HEAP_VICTIM(calls_that_never_return) {
  BeginWindow();
  for (int i = 0; i < 50; ++i) {
    goes_and_comes_back();
    Keep("meeting_point leaves_by_longjmp ends_with_a_call goes_and_comes_back calls_that_never_return main",
         from_no_return, 70);
    follows_it_in_memory(80);
    Keep("meeting_point follows_it_in_memory calls_that_never_return main", from_no_return, 80);
  }
  EndWindow();
  return 0;
}

// Exceptions pass through: what is allocated on the way down, by destructors on the way up, and by the
// handler.
namespace {
constexpr int kThrows = 30;
void* down[kThrows];
void* up[kThrows];
void* caught[kThrows];
}  // namespace

NAMED void cleans_up(int i) {
  up[i] = meeting_point(21);
}

namespace {
struct Cleanup {
  explicit Cleanup(int number) : number(number) {}
  ~Cleanup() { cleans_up(number); }
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  int number;
};
}  // namespace

NAMED void throws(int i) {
  down[i] = meeting_point(11);
  throw i;
}
NAMED void is_passed_through(int i) {
  const Cleanup cleanup(i);
  throws(i);
}
NAMED int catches(int i) {
  try {
    is_passed_through(i);
  } catch (int number) {
    caught[i] = meeting_point(31);
    return number;
  }
  return -1;
}

HEAP_VICTIM(exceptions) {
  BeginWindow();
  for (int i = 0; i < kThrows; ++i) {
    if (catches(i) != i) Fail("not caught");
    Keep("meeting_point throws is_passed_through catches exceptions main", down[i], 11);
    Keep("meeting_point cleans_up is_passed_through catches exceptions main", up[i], 21);
    Keep("meeting_point catches exceptions main", caught[i], 31);
  }
  EndWindow();
  return 0;
}

// For CLEANSLATE_STACKS: some chains, some frees.
HEAP_VICTIM(some_chains) {
  for (int window = 0; window < 5; ++window) {
    BeginWindow();
    for (int i = 0; i < 300; ++i) {
      const Born a = Keep("meeting_point way_a some_chains main", way_a(40), 40);
      const Born b = Keep("meeting_point way_b some_chains main", way_b(50), 50);
      Keep("meeting_point some_chains main", meeting_point(60), 60);
      if (i % 2 == 0) Free(a);
      if (i % 3 == 0) Free(b);
    }
    EndWindow();
  }
  return 0;
}
