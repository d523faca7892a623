// Stacks that aren't the thread's own, signal handlers, and code that nobody described.

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <initializer_list>

#include "heap_victim.h"

using heap::BeginWindow;
using heap::EndWindow;
using heap::Fail;
using heap::Keep;
using heap::Opaque;

namespace {
void* last;
}

NAMED void* switched_leaf(size_t size) {
  return malloc(Opaque(size));
}

// --- signals

NAMED void handler_allocates() {
  last = switched_leaf(300);
}

// Steps over the instruction that trapped.
NAMED void handles_trap(int, siginfo_t*, void* context) {
  handler_allocates();
#if defined(__x86_64__)
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
#elif defined(__aarch64__)
  static_cast<ucontext_t*>(context)->uc_mcontext.pc += 4;
#endif
}

// An illegal instruction, as the first of its function: its address less one is another function's.
#if defined(__x86_64__)
#define ILLEGAL "ud2\n"
#elif defined(__aarch64__)
#define ILLEGAL ".inst 0\n"
#endif
asm(".pushsection .text\n"
    ".balign 16\n"
    ".globl stands_right_before\n.type stands_right_before, %function\n"
    "stands_right_before:\n.cfi_startproc\nnop\nnop\nret\n.cfi_endproc\n"
    ".size stands_right_before, . - stands_right_before\n"
    ".globl traps_at_once\n.type traps_at_once, %function\n"
    "traps_at_once:\n.cfi_startproc\n" ILLEGAL
    "ret\n.cfi_endproc\n"
    ".size traps_at_once, . - traps_at_once\n"
    ".popsection\n");
extern "C" void traps_at_once();

NAMED void traps_in_the_middle(int* number) {
  *number = Opaque(*number) + 1;
  asm volatile(ILLEGAL : : : "memory");
  *number = Opaque(*number) + 1;
}

static void HandleTraps(int flags) {
  struct sigaction action {};
  action.sa_sigaction = handles_trap;
  action.sa_flags = SA_SIGINFO | flags;
  if (sigaction(SIGILL, &action, nullptr) != 0) Fail("sigaction");
}

NAMED void takes_traps(const char* in_the_middle, const char* at_once) {
  for (int i = 0; i < 20; ++i) {
    int number = 0;
    traps_in_the_middle(&number);
    if (number != 2) Fail("the trap was not stepped over");
    Keep(in_the_middle, last, 300);
    if (at_once == nullptr) continue;
    traps_at_once();
    Keep(at_once, last, 300);
  }
}

HEAP_VICTIM(signal_frames) {
  HandleTraps(0);
  BeginWindow();
  takes_traps(
      "switched_leaf handler_allocates handles_trap ... traps_in_the_middle takes_traps signal_frames main",
      nullptr);
  EndWindow();
  return 0;
}

HEAP_VICTIM(signal_at_the_first_instruction) {
  HandleTraps(0);
  BeginWindow();
  takes_traps(
      "switched_leaf handler_allocates handles_trap ... traps_in_the_middle takes_traps "
      "signal_at_the_first_instruction main",
      "switched_leaf handler_allocates handles_trap ... traps_at_once takes_traps "
      "signal_at_the_first_instruction main");
  EndWindow();
  return 0;
}

// While a call of the kernel waits, a handler may allocate: read(2) is no part of the heap.
namespace {
constexpr int kInterruptions = 20;
void* of_interruptions[kInterruptions];
volatile sig_atomic_t interruptions = 0;
int told[2];
}  // namespace

NAMED void interrupts(int) {
  if (interruptions == kInterruptions) return;
  of_interruptions[interruptions] = switched_leaf(150);
  interruptions = interruptions + 1;
  if (interruptions == kInterruptions && write(told[1], "x", 1) != 1) Fail("write");
}

HEAP_VICTIM(handler_allocates_while_a_call_waits) {
  if (pipe(told) != 0) Fail("pipe");
  struct sigaction action {};
  action.sa_handler = interrupts;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  BeginWindow();
  const itimerval every_millisecond{{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &every_millisecond, nullptr);
  char text;
  if (read(told[0], &text, 1) != 1) Fail("read");
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  for (void* block : of_interruptions) Keep("switched_leaf", block, 150);
  EndWindow();
  return 0;
}

// On a stack of its own. At malloc all is as the last time: the same stack pointer, the same return
// addresses; who was interrupted stands in the saved registers alone.
NAMED void traps_elsewhere(int* number) {
  *number = Opaque(*number) + 1;
  asm volatile(ILLEGAL : : : "memory");
  *number = Opaque(*number) + 1;
}
NAMED void leads_to_traps(void (*trap)(int*)) {
  int number = 0;
  trap(&number);
  if (number != 2) Fail("the trap was not stepped over");
}
NAMED void also_leads_to_traps(void (*trap)(int*)) {
  int number = 0;
  trap(&number);
  if (number != 2) Fail("the trap was not stepped over");
}

HEAP_VICTIM(alternate_signal_stack) {
  static char static_room[1 << 16];  // below the thread's own stack, and within it
  alignas(16) char room_on_the_stack[1 << 16];
  BeginWindow();
  for (void* room : {static_cast<void*>(static_room), static_cast<void*>(Opaque(&room_on_the_stack[0]))}) {
    stack_t stack{};
    stack.ss_sp = room;
    stack.ss_size = sizeof(static_room);
    if (sigaltstack(&stack, nullptr) != 0) Fail("sigaltstack");
    HandleTraps(SA_ONSTACK);
    for (int i = 0; i < 600; ++i) {
      switch (i * 5 % 3) {
        case 0:
          leads_to_traps(traps_in_the_middle);
          Keep(
              "switched_leaf handler_allocates handles_trap ... traps_in_the_middle leads_to_traps "
              "alternate_signal_stack main",
              last, 300);
          break;
        case 1:
          leads_to_traps(traps_elsewhere);
          Keep(
              "switched_leaf handler_allocates handles_trap ... traps_elsewhere leads_to_traps "
              "alternate_signal_stack main",
              last, 300);
          break;
        default:
          also_leads_to_traps(traps_elsewhere);
          Keep(
              "switched_leaf handler_allocates handles_trap ... traps_elsewhere also_leads_to_traps "
              "alternate_signal_stack main",
              last, 300);
      }
    }
  }
  EndWindow();
  return 0;
}

// --- coroutines

namespace {

constexpr size_t kStackBytes = 1 << 16;
constexpr int kCoroutines = 4;
ucontext_t main_context, coroutines[kCoroutines];
void* of_coroutine[kCoroutines];

void* MapStack() {
  void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) Fail("no stack");
  return stack;
}

}  // namespace

// Two coroutines of one function and two of another, which take turns.
NAMED void yields_after_allocating(int number) {
  of_coroutine[number] = switched_leaf(100 + static_cast<size_t>(number));
  swapcontext(&coroutines[number], &main_context);
}
NAMED void even_coroutine(int number) {
  for (;;) yields_after_allocating(number);
}
NAMED void odd_coroutine(int number) {
  for (;;) yields_after_allocating(number);
}

NAMED void resumes(int number) {
  swapcontext(&main_context, &coroutines[number]);
}

static void Prepare(int number) {
  ucontext_t& coroutine = coroutines[number];
  getcontext(&coroutine);
  coroutine.uc_stack.ss_sp = MapStack();
  coroutine.uc_stack.ss_size = kStackBytes;
  coroutine.uc_link = nullptr;
  auto* const body = reinterpret_cast<void (*)()>(number % 2 == 0 ? even_coroutine : odd_coroutine);
  makecontext(&coroutine, body, 1, number);
}

HEAP_VICTIM(ucontext_coroutines) {
  for (int i = 0; i < kCoroutines; ++i) Prepare(i);
  BeginWindow();
  for (int round = 0; round < 1000; ++round) {
    const int i = (round * 7 + round / 5) % kCoroutines;
    resumes(i);
    Keep(i % 2 == 0 ? "switched_leaf yields_after_allocating even_coroutine"
                    : "switched_leaf yields_after_allocating odd_coroutine",
         of_coroutine[i], 100 + static_cast<size_t>(i));
  }
  EndWindow();
  return 0;
}

// A stack switch by hand: `run_on(stack_top, function)`. Described for unwinders, and not described.
#if defined(__x86_64__)
#define SWITCH(name, cfi) \
  asm(".pushsection .text\n.globl " name "\n.type " name ", %function\n" name ":\n" \
      ".cfi_startproc\n"                                                        \
      "push %rbp\n" cfi(".cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n")      \
      "mov %rsp, %rbp\n" cfi(".cfi_def_cfa_register %rbp\n")                    \
      "mov %rdi, %rsp\n"                                                        \
      "call *%rsi\n"                                                            \
      "mov %rbp, %rsp\n"                                                        \
      "pop %rbp\n" cfi(".cfi_def_cfa %rsp, 8\n")                                \
      "ret\n.cfi_endproc\n.size " name ", . - " name "\n.popsection\n")
#elif defined(__aarch64__)
#define SWITCH(name, cfi) \
  asm(".pushsection .text\n.globl " name "\n.type " name ", %function\n" name ":\n" \
      ".cfi_startproc\n"                                                        \
      "stp x29, x30, [sp, #-16]!\n"                                             \
      cfi(".cfi_def_cfa_offset 16\n.cfi_offset x29, -16\n.cfi_offset x30, -8\n") \
      "mov x29, sp\n" cfi(".cfi_def_cfa_register x29\n")                        \
      "mov sp, x0\n"                                                            \
      "blr x1\n"                                                                \
      "mov sp, x29\n"                                                           \
      "ldp x29, x30, [sp], #16\n" cfi(".cfi_def_cfa sp, 0\n")                   \
      "ret\n.cfi_endproc\n.size " name ", . - " name "\n.popsection\n")
#endif
#define DESCRIBED(directives) directives
SWITCH("run_on_described", DESCRIBED);
extern "C" void run_on_described(void* stack_top, void (*function)());

// The same without any description: copied to where no unwind information is.
#if defined(__x86_64__)
asm(".pushsection .text\n.globl undescribed_code\nundescribed_code:\n"
    "push %rbp\nmov %rsp, %rbp\nmov %rdi, %rsp\ncall *%rsi\nmov %rbp, %rsp\npop %rbp\nret\n"
    ".globl undescribed_code_end\nundescribed_code_end:\n.popsection\n");
#elif defined(__aarch64__)
asm(".pushsection .text\n.globl undescribed_code\nundescribed_code:\n"
    "stp x29, x30, [sp, #-16]!\nmov x29, sp\nmov sp, x0\nblr x1\nmov sp, x29\nldp x29, x30, [sp], #16\nret\n"
    ".globl undescribed_code_end\nundescribed_code_end:\n.popsection\n");
#endif
extern "C" const char undescribed_code[], undescribed_code_end[];

NAMED void works_on_another_stack() {
  last = switched_leaf(500);
}
NAMED void switches_described(void* top) {
  run_on_described(top, works_on_another_stack);
}
NAMED void switches_undescribed(void (*run_on)(void*, void (*)()), void* top) {
  run_on(top, works_on_another_stack);
}

HEAP_VICTIM(stack_switched_by_hand) {
  alignas(16) static char below[kStackBytes];  // the program's data lie below its stack
  BeginWindow();
  for (int i = 0; i < 20; ++i) {
    switches_described(below + sizeof(below));
    Keep(
        "switched_leaf works_on_another_stack run_on_described switches_described stack_switched_by_hand "
        "main",
        last, 500);
  }
  EndWindow();
  return 0;
}

// --- code made at run time

namespace {

// A page of code with no unwind information, at one and the same address.
class MadeCode {
 public:
  void Put(const char* code, const char* end) {
    page_ = mmap(page_, kBytes, PROT_READ | PROT_WRITE | PROT_EXEC,
                 MAP_PRIVATE | MAP_ANONYMOUS | (page_ == nullptr ? 0 : MAP_FIXED_NOREPLACE), -1, 0);
    if (page_ == MAP_FAILED) Fail("no page for code");
    memcpy(page_, code, static_cast<size_t>(end - code));
    __builtin___clear_cache(static_cast<char*>(page_), static_cast<char*>(page_) + kBytes);
  }
  void Remove() { munmap(page_, kBytes); }
  template <typename Function>
  Function As() const {
    return reinterpret_cast<Function>(page_);
  }

 private:
  static constexpr size_t kBytes = 4096;
  void* page_ = nullptr;
};

MadeCode made;

}  // namespace

// `small_frame(function)` and `large_frame(function)`: the calls stand at the same offset.
#if defined(__x86_64__)
asm(".pushsection .text\n"
    ".globl small_frame\nsmall_frame:\nsub $0x1008, %rsp\ncall *%rdi\nadd $0x1008, %rsp\nret\n"
    ".globl large_frame\nlarge_frame:\nsub $0x3008, %rsp\ncall *%rdi\nadd $0x3008, %rsp\nret\n"
    ".globl no_frame\nno_frame:\nsub $8, %rsp\nmov %rdi, %rax\nmov $77, %edi\ncall *%rax\nadd $8, %rsp\nret\n"
    ".globl code_end\ncode_end:\n.popsection\n");
#elif defined(__aarch64__)
asm(".pushsection .text\n"
    ".globl small_frame\nsmall_frame:\nstp x29, x30, [sp, #-16]!\nsub sp, sp, #0x1000\nblr x0\nadd sp, sp, "
    "#0x1000\n"
    "ldp x29, x30, [sp], #16\nret\n"
    ".globl large_frame\nlarge_frame:\nstp x29, x30, [sp, #-16]!\nsub sp, sp, #0x3000\nblr x0\nadd sp, sp, "
    "#0x3000\n"
    "ldp x29, x30, [sp], #16\nret\n"
    ".globl no_frame\nno_frame:\nstp x29, x30, [sp, #-16]!\nmov x1, x0\nmov x0, #77\nblr x1\n"
    "ldp x29, x30, [sp], #16\nret\n"
    ".globl code_end\ncode_end:\n.popsection\n");
#endif
extern "C" const char small_frame[], large_frame[], no_frame[], code_end[];

NAMED void called_by_made_code() {
  last = switched_leaf(400);
}

// Whatever can't be walked is left out, and the report says so.
HEAP_VICTIM(code_without_unwind_information) {
  BeginWindow();
  for (int i = 0; i < 50; ++i) {
    made.Put(small_frame, large_frame);
    made.As<void (*)(void (*)())>()(called_by_made_code);
    Keep("switched_leaf called_by_made_code ? [cut]", last, 400);
    made.Remove();
    made.Put(large_frame, no_frame);
    made.As<void (*)(void (*)())>()(called_by_made_code);
    Keep("switched_leaf called_by_made_code ? [cut]", last, 400);
    made.Remove();
    // It calls malloc itself.
    made.Put(no_frame, code_end);
    Keep("? [cut]", made.As<void* (*)(void* (*)(size_t))>()(malloc), 77);
    made.Remove();
    // On a stack that it has chosen.
    made.Put(undescribed_code, undescribed_code_end);
    static void* const stack = MapStack();
    switches_undescribed(made.As<void (*)(void*, void (*)())>(), static_cast<char*>(stack) + kStackBytes);
    Keep("switched_leaf works_on_another_stack ? [cut]", last, 500);
    made.Remove();
  }
  EndWindow();
  return 0;
}

// The code that a signal interrupts isn't described either.
asm(".pushsection .text\n.globl made_trap\nmade_trap:\n" ILLEGAL
    "ret\n.globl made_trap_end\nmade_trap_end:\n.popsection\n");
extern "C" const char made_trap[], made_trap_end[];

HEAP_VICTIM(signal_in_code_without_unwind_information) {
  HandleTraps(0);
  BeginWindow();
  for (int i = 0; i < 20; ++i) {
    made.Put(made_trap, made_trap_end);
    made.As<void (*)()>()();
    Keep("switched_leaf handler_allocates handles_trap ... ? [cut]", last, 300);
    made.Remove();
  }
  EndWindow();
  return 0;
}

// --- small stacks

NAMED void* on_a_small_stack(void*) {
  for (int i = 0; i < 5; ++i) {
    Keep("switched_leaf on_a_small_stack", switched_leaf(60), 60);
    heap::Free(Keep("switched_leaf on_a_small_stack", switched_leaf(61), 61));
  }
  return nullptr;
}

HEAP_VICTIM(sixteen_kilobytes_of_stack) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, 16 * 1024) != 0) Fail("no such stack");
  BeginWindow();
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, on_a_small_stack, nullptr) != 0) Fail("no thread");
    pthread_join(thread, nullptr);
  }
  EndWindow();
  return 0;
}

// A stack that goes, and another thing that comes to lie there: nothing that was remembered of it may be
// read.
NAMED void* on_a_stack_of_ours(void*) {
  last = switched_leaf(90);
  return nullptr;
}

HEAP_VICTIM(stack_is_unmapped_and_another_takes_its_place) {
  BeginWindow();
  static void* place = nullptr;
  for (int i = 0; i < 50; ++i) {
    void* stack = mmap(place, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) Fail("no stack");
    place = stack;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, kStackBytes);
    pthread_t thread;
    if (pthread_create(&thread, &attributes, on_a_stack_of_ours, nullptr) != 0) Fail("no thread");
    pthread_join(thread, nullptr);
    Keep("switched_leaf on_a_stack_of_ours", last, 90);
    munmap(stack, kStackBytes);
    // This thread on the same place, by its own switch.
    stack = mmap(place, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) Fail("no stack");
    made.Put(undescribed_code, undescribed_code_end);
    switches_undescribed(made.As<void (*)(void*, void (*)())>(), static_cast<char*>(stack) + kStackBytes);
    Keep("switched_leaf works_on_another_stack ? [cut]", last, 500);
    made.Remove();
    munmap(stack, kStackBytes);
  }
  EndWindow();
  return 0;
}

// One thread after the other on the same stack, at the same depth, by different functions.
NAMED void* first_tenant(void*) {
  last = switched_leaf(45);
  return Opaque(static_cast<void*>(nullptr));
}
NAMED void* second_tenant(void*) {
  last = switched_leaf(46);
  return Opaque(static_cast<void*>(nullptr));
}

HEAP_VICTIM(threads_inherit_a_stack) {
  void* const stack = MapStack();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstack(&attributes, stack, kStackBytes) != 0) Fail("no such stack");
  BeginWindow();
  for (int i = 0; i < 300; ++i) {
    const bool first = i % 3 == 0;
    pthread_t thread;
    if (pthread_create(&thread, &attributes, first ? first_tenant : second_tenant, nullptr) != 0)
      Fail("no thread");
    pthread_join(thread, nullptr);
    if (first) {
      Keep("switched_leaf first_tenant", last, 45);
    } else {
      Keep("switched_leaf second_tenant", last, 46);
    }
  }
  EndWindow();
  return 0;
}
