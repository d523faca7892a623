// Blocks that change hands, and threads that come and go. The C library keeps stacks and lists of its own for
// threads; only what the victim's functions allocate is compared.

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "heap_victim.h"

using heap::BeginWindow;
using heap::Born;
using heap::EndWindow;
using heap::Fail;
using heap::Free;
using heap::Keep;
using heap::Opaque;

namespace {

void Start(pthread_t& thread, void* (*body)(void*), void* argument) {
  if (pthread_create(&thread, nullptr, body, argument) != 0) Fail("no thread");
}

// A thread that lives as long as the process and does one job at a time.
class Worker {
 public:
  void Start() {
    pthread_barrier_init(&step_, nullptr, 2);
    ::Start(thread_, &Worker::Loop, this);
  }
  void Do(void (*job)(void*), void* argument) {
    job_ = job;
    argument_ = argument;
    pthread_barrier_wait(&step_);
    pthread_barrier_wait(&step_);
  }

 private:
  static void* Loop(void* self) {
    auto* worker = static_cast<Worker*>(self);
    for (;;) {
      pthread_barrier_wait(&worker->step_);
      worker->job_(worker->argument_);
      pthread_barrier_wait(&worker->step_);
    }
  }

  pthread_t thread_;
  pthread_barrier_t step_;
  void (*job_)(void*) = nullptr;
  void* argument_ = nullptr;
};

}  // namespace

NAMED void* thread_malloc(size_t size) {
  return malloc(Opaque(size));
}

static void FreeAll(void* argument) {
  auto* blocks = static_cast<Born*>(argument);
  for (Born* block = blocks; block->address != nullptr; ++block) {
    Free(*block);
    *block = {};
  }
}

// One thread allocates, another frees: in the same window, and in a later one.
HEAP_VICTIM(freed_by_another_thread) {
  constexpr int kBlocks = 500;
  static Born blocks[kBlocks + 1];
  static Worker worker;
  worker.Start();
  const char* const where = "thread_malloc freed_by_another_thread main";
  for (int window = 0; window < 6; ++window) {
    BeginWindow();
    FreeAll(blocks);
    for (int i = 0; i < kBlocks; ++i) blocks[i] = Keep(where, thread_malloc(size_t{16} + i), size_t{16} + i);
    if (window % 2 == 0) worker.Do(FreeAll, blocks);
    EndWindow();
    // Of an earlier window, by the other thread; the next window begins with nothing.
    BeginWindow();
    worker.Do(FreeAll, blocks);
    EndWindow();
  }
  return 0;
}

// A thread that ends leaves blocks behind, and others free them when it is long gone.
static Born of_the_dead[3];

NAMED void* dies_and_leaves(void*) {
  of_the_dead[0] = Keep("thread_malloc dies_and_leaves", thread_malloc(1234), 1234);
  of_the_dead[1] = Keep("thread_malloc dies_and_leaves", thread_malloc(4321), 4321);
  of_the_dead[2] = Keep("thread_malloc dies_and_leaves", thread_malloc(77), 77);
  Free(of_the_dead[2]);
  return nullptr;
}

HEAP_VICTIM(blocks_of_dead_threads) {
  for (int round = 0; round < 20; ++round) {
    BeginWindow();
    pthread_t thread;
    Start(thread, dies_and_leaves, nullptr);
    pthread_join(thread, nullptr);
    Free(of_the_dead[1]);
    EndWindow();
    BeginWindow();
    Free(of_the_dead[0]);
    EndWindow();
  }
  return 0;
}

// What a thread frees and allocates in its last moments, when its destructors run.
static pthread_key_t first_key, second_key;
static Born last_born;

NAMED void frees_late(void* value) {
  auto* mine = static_cast<Born*>(value);
  if (mine->bytes == 50) {  // the first time around: again, with another block
    Free(*mine);
    *mine = Keep("thread_malloc frees_late", thread_malloc(51), 51);
    pthread_setspecific(second_key, mine);
  } else {
    Free(*mine);
    *mine = {};
    last_born = Keep("thread_malloc frees_late", thread_malloc(99), 99);
  }
}

NAMED void* ends_with_destructors(void*) {
  static thread_local Born mine;
  mine = Keep("thread_malloc ends_with_destructors", thread_malloc(50), 50);
  pthread_setspecific(first_key, &mine);
  return nullptr;
}

HEAP_VICTIM(last_frees_of_a_thread) {
  pthread_key_create(&first_key, frees_late);
  pthread_key_create(&second_key, frees_late);
  for (int round = 0; round < 20; ++round) {
    BeginWindow();
    pthread_t thread;
    Start(thread, ends_with_destructors, nullptr);
    pthread_join(thread, nullptr);
    if (round % 2 == 0) Free(last_born);  // every other window is clean
    EndWindow();
  }
  return 0;
}

// Thousands of threads: each keeps a block, frees its predecessor's, and ends.
static Born relay;

NAMED void* short_life(void* number) {
  const auto size = 10 + reinterpret_cast<uintptr_t>(number) % 100;
  const Born mine = Keep("thread_malloc short_life", thread_malloc(size), size);
  if (relay.address != nullptr) Free(relay);
  relay = mine;
  return nullptr;
}

HEAP_VICTIM(thousands_of_short_threads) {
  const long threads = argc > 0 ? atol(argv[0]) : 5000;
  for (int window = 0; window < 2; ++window) {
    BeginWindow();
    for (long i = 0; i < threads; ++i) {
      pthread_t thread;
      Start(thread, short_life, reinterpret_cast<void*>(i));
      pthread_join(thread, nullptr);
    }
    if (window == 1) Free(relay);
    EndWindow();
  }
  return 0;
}

// 64 at a time, all the same functions; a third of the blocks is freed by the neighbour.
static constexpr int kThreads = 64;
static constexpr int kBlocksOfEach = 3000;
static std::atomic<void*> hand_over[kThreads][kBlocksOfEach];
static pthread_barrier_t all_here;

NAMED void* left_of_64(size_t size) {
  return malloc(Opaque(size));
}
NAMED void* right_of_64(size_t size) {
  return calloc(1, Opaque(size));
}

NAMED void* one_of_64(void* number) {
  const auto mine = reinterpret_cast<uintptr_t>(number);
  const auto neighbour = (mine + 1) % kThreads;
  pthread_barrier_wait(&all_here);
  for (int i = 0; i < kBlocksOfEach; ++i) {
    void* block = i % 2 == 0 ? left_of_64(100) : right_of_64(200);
    if (block == nullptr) Fail("out of memory");
    hand_over[mine][i].store(block);
    if (i % 3 == 0) free(hand_over[neighbour][i / 3].exchange(nullptr));
  }
  return nullptr;
}

HEAP_VICTIM(sixty_four_threads) {
  pthread_barrier_init(&all_here, nullptr, kThreads);
  for (int window = 0; window < 4; ++window) {
    BeginWindow();
    pthread_t threads[kThreads];
    for (uintptr_t i = 0; i < kThreads; ++i) Start(threads[i], one_of_64, reinterpret_cast<void*>(i));
    for (const pthread_t thread : threads) pthread_join(thread, nullptr);
    // Who freed how many is a matter of luck; what is left is in the table.
    long left = 0, right = 0;
    for (auto& blocks : hand_over) {
      for (int i = 0; i < kBlocksOfEach; ++i) {
        if (blocks[i].load() == nullptr) continue;
        if (window % 2 == 1) {
          free(blocks[i].exchange(nullptr));
        } else {
          (i % 2 == 0 ? left : right) += 1;
        }
      }
    }
    heap::Count("left_of_64 one_of_64", left, left * 100);
    heap::Count("right_of_64 one_of_64", right, right * 200);
    EndWindow();
    BeginWindow();
    for (auto& blocks : hand_over) {
      for (auto& block : blocks) free(block.exchange(nullptr));
    }
    heap::CountFreed(left + right, left * 100 + right * 200);
    EndWindow();
  }
  return 0;
}

// Windows that close while threads are at work: whose window a block then is may be asked, but none is lost.
// The threads are given their stacks before the first window, so that the C library keeps no more for them
// later.
static std::atomic<bool> at_work;

namespace {

struct Load {
  static constexpr int kBlocks = 200;
  void* blocks[kBlocks];
  unsigned random;
};

constexpr int kLoads = 16;
Load loads[kLoads];

}  // namespace

NAMED void* allocates_under_load(size_t size) {
  return malloc(Opaque(size));
}
NAMED void* clears_under_load(size_t size) {
  return calloc(1, Opaque(size));
}

NAMED void* works_under_load(void* argument) {
  auto& load = *static_cast<Load*>(argument);
  do {
    load.random = load.random * 1664525U + 1013904223U;
    void*& block = load.blocks[(load.random >> 8) % Load::kBlocks];
    if (block != nullptr) {
      free(block);
      block = nullptr;
    } else {
      block = (load.random >> 30) == 0 ? clears_under_load(70) : allocates_under_load(70);
    }
  } while (at_work.load(std::memory_order_relaxed));
  return nullptr;
}

// Does `something` so many times while the threads work.
static void RunLoads(int times, void (*something)()) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  pthread_t threads[kLoads];
  at_work = times > 0;
  for (int i = 0; i < kLoads; ++i) {
    if (pthread_create(&threads[i], &attributes, works_under_load, &loads[i]) != 0) Fail("no thread");
  }
  for (int i = 0; i < times; ++i) something();
  at_work = false;
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

// All work lies between the first window and the last two, in which nobody works: there the books must
// balance.
static void BalanceAround(int times, void (*something)()) {
  BeginWindow();
  RunLoads(0, nullptr);
  for (Load& load : loads) {
    for (void*& block : load.blocks) {
      free(block);
      block = nullptr;
    }
  }
  EndWindow();
  RunLoads(times, something);
  BeginWindow();
  long left = 0;
  for (const Load& load : loads) {
    for (const void* block : load.blocks) left += block != nullptr;
  }
  heap::CountFreed(-left, -left * 70);
  EndWindow();
  BeginWindow();
  for (Load& load : loads) {
    for (void*& block : load.blocks) free(block);
  }
  heap::CountFreed(left, left * 70);
  EndWindow();
}

HEAP_VICTIM(windows_close_under_load) {
  BalanceAround(argc > 0 ? atoi(argv[0]) : 500, [] {
    BeginWindow();
    EndWindow();
  });
  return 0;
}

// The children free what is the parent's, allocate, and end.
HEAP_VICTIM(forks_under_load) {
  BalanceAround(argc > 0 ? atoi(argv[0]) : 50, [] {
    const pid_t child = fork();
    if (child == 0) {
      for (Load& load : loads) {
        if (allocates_under_load(70) == nullptr) _exit(1);
        load.blocks[0] = realloc(load.blocks[0], 5000);
      }
      _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) Fail("the child failed");
  });
  return 0;
}
