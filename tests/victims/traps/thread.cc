// Threads, signals, stacks that are small or not the kernel's.

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "trap.h"

using trap::Say;

TRAP(threads_exit_while_others_allocate) {
  std::atomic<bool> stop{false};
  std::thread worker([&stop] {
    while (!stop) free(malloc(333));
  });
  int ended = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([] { free(realloc(malloc(10), 5000)); });
    for (std::thread& thread : threads) {
      thread.join();
      ++ended;
    }
  }
  stop = true;
  worker.join();
  Say("%d threads ended", ended);
  return 0;
}

// 64 threads that free each other's blocks.
TRAP(blocks_change_hands_between_64_threads) {
  constexpr int kSlots = 4096;
  static std::atomic<char*> slots[kSlots];
  std::atomic<long> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned id = 0; id < 64; ++id) {
    threads.emplace_back([id, &wrong] {
      unsigned random = id * 2654435761U + 1;
      for (int i = 0; i < 4000; ++i) {
        random = random * 1664525U + 1013904223U;
        size_t size = 1 + (random >> 20);
        char* fresh = static_cast<char*>(malloc(size));
        fresh[0] = 'x';
        fresh[size - 1] = 'x';
        char* old = slots[(random >> 8) % kSlots].exchange(fresh);
        if (old != nullptr) {
          if (old[0] != 'x') ++wrong;
          free(old);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::atomic<char*>& slot : slots) free(slot.exchange(nullptr));
  Say("%ld wrong", wrong.load());
  return 0;
}

static void* WorkOnASmallStack(void*) {
  void* block = malloc(100);
  block = realloc(block, 5000);
  free(block);
  free(calloc(10, 10));
  void* aligned = nullptr;
  if (posix_memalign(&aligned, 64, 640) == 0) free(aligned);
  int descriptor = open("/dev/null", O_RDWR);
  ssize_t written = write(descriptor, "x", 1);
  int copy = dup(descriptor);
  close(copy);
  close(descriptor);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
    if (send(pair[0], "hello", 5, 0) != 5) return nullptr;
    char text[8];
    if (recv(pair[1], text, sizeof(text), 0) != 5) return nullptr;
    close(pair[0]);
    close(pair[1]);
  }
  return reinterpret_cast<void*>(written);
}

TRAP(threads_with_the_smallest_stack) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, 16 * 1024) != 0) return 1;
  for (int i = 0; i < 20; ++i) {
    pthread_t thread;
    void* result = nullptr;
    if (pthread_create(&thread, &attributes, WorkOnASmallStack, nullptr) != 0) return 2;
    pthread_join(thread, &result);
    if (result != reinterpret_cast<void*>(1)) Say("thread %d failed", i);
  }
  pthread_attr_destroy(&attributes);
  Say("done");
  return 0;
}

static void SayCleanedUp(void* where) {
  Say("cleaned up in %s", static_cast<const char*>(where));
}

static pthread_barrier_t about_to_block;

static void* BlockIn(void* argument) {
  const char* where = static_cast<const char*>(argument);
  int pipes[2], pair[2];
  if (pipe(pipes) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return nullptr;
  char text[8];
  pthread_cleanup_push(SayCleanedUp, argument);
  pthread_barrier_wait(&about_to_block);
  if (strcmp(where, "read") == 0) Say("%zd", read(pipes[0], text, sizeof(text)));
  if (strcmp(where, "recv") == 0) Say("%zd", recv(pair[0], text, sizeof(text), 0));
  if (strcmp(where, "recvmsg") == 0) {
    iovec part{text, sizeof(text)};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    Say("%zd", recvmsg(pair[0], &message, 0));
  }
  if (strcmp(where, "poll") == 0) {
    pollfd one{pipes[0], POLLIN, 0};
    Say("%d", poll(&one, 1, -1));
  }
  pthread_cleanup_pop(0);
  return nullptr;
}

TRAP(cancel_a_thread_in_a_blocking_call) {
  pthread_barrier_init(&about_to_block, nullptr, 2);
  for (const char* where : {"read", "recv", "recvmsg", "poll"}) {
    pthread_t thread;
    void* result = nullptr;
    if (pthread_create(&thread, nullptr, BlockIn, const_cast<char*>(where)) != 0) return 1;
    pthread_barrier_wait(&about_to_block);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    Say("canceled: %d", result == PTHREAD_CANCELED);
    free(malloc(10));
    close(dup(1));
  }
  return 0;
}

static std::atomic<int> handled{0};

static void UseDescriptors(int) {
  int saved = errno;
  close(dup(2));
  ++handled;
  errno = saved;
}

static void Allocate(int) {
  int saved = errno;
  free(malloc(64));
  ++handled;
  errno = saved;
}

static void EveryMillisecond(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  handled = 0;
  itimerval period{{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &period, nullptr);
}

static void StopTimer() {
  itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
}

TRAP(signal_handler_uses_descriptors_during_malloc) {
  EveryMillisecond(UseDescriptors);
  long wrong = 0;
  while (handled < 100) {
    errno = 0;
    void* block = malloc(200);
    wrong += block == nullptr || errno != 0;
    free(block);
  }
  StopTimer();
  Say("%ld wrong", wrong);
  return 0;
}

TRAP(signal_handler_allocates_during_open) {
  EveryMillisecond(Allocate);
  long wrong = 0;
  while (handled < 100) {
    int descriptor = open("/dev/null", O_RDONLY);
    wrong += descriptor < 0 || close(descriptor) != 0;
  }
  StopTimer();
  Say("%ld wrong", wrong);
  return 0;
}

static sigjmp_buf after_fault;

static void JumpOut(int) {
  free(malloc(50));
  close(dup(2));
  siglongjmp(after_fault, 1);
}

TRAP(fault_handler_on_its_own_stack) {
  size_t size = static_cast<size_t>(sysconf(_SC_SIGSTKSZ));
  stack_t stack{};
  stack.ss_sp = malloc(size);
  stack.ss_size = size;
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = JumpOut;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  static int faults = 0;
  char* page = static_cast<char*>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (static int i = 0; i < 10; ++i) {
    if (sigsetjmp(after_fault, 1) == 0) {
      *static_cast<volatile char*>(page) = 1;
    } else {
      ++faults;
    }
  }
  Say("%d faults", faults);
  return 0;
}

static ucontext_t main_context, coroutines[2];
static int steps;

static void Coroutine(int self) {
  for (int i = 0; i < 100; ++i) {
    void* block = malloc(static_cast<size_t>(i) + 1);
    close(dup(1));
    swapcontext(&coroutines[self], &coroutines[1 - self]);
    free(block);
    ++steps;
  }
}

// The stack of a coroutine is heap memory and ends in nothing.
TRAP(coroutines_allocate) {
  for (int i = 0; i < 2; ++i) {
    getcontext(&coroutines[i]);
    coroutines[i].uc_stack.ss_sp = malloc(32 * 1024);
    memset(coroutines[i].uc_stack.ss_sp, 0xA5, 32 * 1024);
    coroutines[i].uc_stack.ss_size = 32 * 1024;
    coroutines[i].uc_link = &main_context;
    makecontext(&coroutines[i], reinterpret_cast<void (*)()>(Coroutine), 1, i);
  }
  swapcontext(&main_context, &coroutines[0]);
  Say("%d steps", steps);
  return 0;
}

static int ThrowInside(const void*, const void*) {
  throw std::runtime_error("from a callback");
}

TRAP(exceptions_cross_interposed_frames) {
  int caught = 0;
  for (int i = 0; i < 100; ++i) {
    try {
      int numbers[] = {3, 2, 1};
      qsort(numbers, 3, sizeof(int), ThrowInside);
    } catch (const std::runtime_error&) {
      ++caught;
    }
    try {
      volatile size_t huge = static_cast<size_t>(PTRDIFF_MAX) - 64;
      ::operator delete(::operator new(huge));
    } catch (const std::bad_alloc&) {
      ++caught;
    }
  }
  Say("%d caught", caught);
  return 0;
}

static void FreeLate(void* block) {
  free(block);
  free(malloc(30));
  close(dup(2));
}

// Destructors of thread-specific data run when most of the thread is gone already.
TRAP(thread_destructors_free_late) {
  pthread_key_t key;
  pthread_key_create(&key, FreeLate);
  for (int i = 0; i < 100; ++i) {
    std::thread([key] {
      thread_local std::string local(100, 'x');
      pthread_setspecific(key, malloc(local.size()));
    }).join();
  }
  Say("done");
  return 0;
}

TRAP(main_thread_leaves_before_the_others) {
  std::thread([] {
    usleep(10000);
    free(malloc(100));
    Say("the last thread");
    exit(21);
  }).detach();
  pthread_exit(nullptr);
}
