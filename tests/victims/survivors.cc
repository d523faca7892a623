// A function whose survivors are known to the block and the byte. For every window it writes what must be
// found,
// {"blocks":B,"bytes":S} a line, to the file that VICTIM_EXPECT names. `survivors clean` does all the same
// work and then frees it: zero and zero.
//
// Counted is what the caller asked for, whoever asked and whoever frees; a realloc ends one block and begins
// another; a failing one changes nothing; and the window ends when `next` is asked for, not when the response
// was sent.

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <new>

#include "raw_runtime.h"

namespace {

// The compiler must neither see nor drop an allocation.
template <typename T>
T Opaque(T value) {
  asm volatile("" : "+r"(value) : : "memory");
  return value;
}

struct Expectation {
  long blocks = 0;
  long bytes = 0;
};

class Survivors {
 public:
  // `block` of `size` bytes is meant to survive; the clean twin frees it before the window ends.
  void Keep(void* block, size_t size) {
    if (block == nullptr) {
      dprintf(2, "victim: an allocation failed\n");
      _exit(1);
    }
    if (count_ == kMost) _exit(1);
    kept_[count_++] = Opaque(block);
    expected_.blocks += 1;
    expected_.bytes += static_cast<long>(size);
  }

  void FreeAll() {
    while (count_ > 0) free(kept_[--count_]);
    expected_ = {};
  }

  // Forgets, without freeing.
  Expectation Leave() {
    Expectation left = expected_;
    expected_ = {};
    count_ = 0;
    return left;
  }

 private:
  static constexpr int kMost = 4096;
  void* kept_[kMost];
  int count_ = 0;
  Expectation expected_;
};

Survivors survivors;
bool clean;

// A thread that lives as long as the process and does one job at a time.
class Worker {
 public:
  void Start() {
    sem_init(&asked_, 0, 0);
    sem_init(&done_, 0, 0);
    pthread_create(&thread_, nullptr, &Worker::Loop, this);
  }
  void Do(void (*job)(void*), void* argument) {
    job_ = job;
    argument_ = argument;
    sem_post(&asked_);
    while (sem_wait(&done_) != 0) {
    }
  }

 private:
  static void* Loop(void* self) {
    Worker* worker = static_cast<Worker*>(self);
    for (;;) {
      while (sem_wait(&worker->asked_) != 0) {
      }
      worker->job_(worker->argument_);
      sem_post(&worker->done_);
    }
  }

  pthread_t thread_;
  sem_t asked_, done_;
  void (*job_)(void*) = nullptr;
  void* argument_ = nullptr;
};

Worker worker;

[[gnu::noinline]] void Simple(size_t n) {
  survivors.Keep(malloc(Opaque(100 + n)), 100 + n);
  survivors.Keep(calloc(Opaque(7 + n), 11), (7 + n) * 11);
  survivors.Keep(malloc(Opaque(size_t{0})), 0);
  survivors.Keep(malloc(Opaque(size_t{1})), 1);
  survivors.Keep(malloc(Opaque(size_t{3} << 20)), size_t{3} << 20);  // a mapping of its own
  free(Opaque(malloc(5000)));
  free(Opaque(calloc(50, 100)));
  free(nullptr);
  char text[] = "duplicated";
  survivors.Keep(strdup(text), sizeof(text));
  survivors.Keep(strndup(text, 3), 4);
}

[[gnu::noinline]] void Aligned(size_t n) {
  survivors.Keep(memalign(64, Opaque(200 + n)), 200 + n);
  survivors.Keep(aligned_alloc(4096, Opaque(size_t{8192})), 8192);
  void* block = nullptr;
  if (posix_memalign(&block, 1024, Opaque(300 + n)) == 0) survivors.Keep(block, 300 + n);
  survivors.Keep(valloc(Opaque(400 + n)), 400 + n);
  if (posix_memalign(&block, 256, Opaque(size_t{777})) == 0) free(block);
  free(Opaque(aligned_alloc(64, 640)));
}

[[gnu::noinline]] void NewAndNewArray(size_t n) {
  survivors.Keep(new long(5), sizeof(long));
  survivors.Keep(new char[500 + n], 500 + n);
  survivors.Keep(::operator new(256, std::align_val_t(256)), 256);
  survivors.Keep(::operator new(33, std::nothrow), 33);
  delete Opaque(new long(6));
  delete[] Opaque(new char[900]);
}

[[gnu::noinline]] void Reallocated(size_t n) {
  survivors.Keep(realloc(nullptr, Opaque(60 + n)), 60 + n);
  survivors.Keep(realloc(Opaque(malloc(4000)), Opaque(40 + n)), 40 + n);  // down, in place
  survivors.Keep(realloc(Opaque(malloc(10)), Opaque(11)), 11);            // up, within the chunk
  void* block = Opaque(malloc(1000));
  void* fence = Opaque(malloc(1000));  // so that the next one has to move
  survivors.Keep(realloc(block, Opaque(50000 + n)), 50000 + n);
  free(fence);
  survivors.Keep(realloc(Opaque(malloc(size_t{2} << 20)), Opaque(size_t{9} << 20)),
                 size_t{9} << 20);  // mremap
  survivors.Keep(reallocarray(Opaque(malloc(5)), Opaque(30 + n), 3), (30 + n) * 3);
  block = Opaque(realloc(Opaque(malloc(50)), Opaque(size_t{500})));
  free(block);
  if (realloc(Opaque(malloc(64)), Opaque(size_t{0})) != nullptr) _exit(1);  // frees

  block = Opaque(malloc(70 + n));
  if (realloc(block, Opaque(SIZE_MAX / 2)) != nullptr) _exit(1);  // fails: the old block stays
  if (reallocarray(block, Opaque(SIZE_MAX / 2), 3) != nullptr) _exit(1);
  survivors.Keep(block, 70 + n);
  if (malloc(Opaque(SIZE_MAX / 2)) != nullptr || calloc(Opaque(SIZE_MAX / 2), 3) != nullptr) _exit(1);
}

void FreeIt(void* block) {
  free(block);
}
void AllocateHundred(void* result) {
  *static_cast<void**>(result) = malloc(Opaque(size_t{100}));
}
void GrowTo5000(void* block) {
  *static_cast<void**>(block) = realloc(*static_cast<void**>(block), 5000);
}

void* AllocateAndExit(void* result) {
  static_cast<void**>(result)[0] = malloc(Opaque(size_t{1234}));
  static_cast<void**>(result)[1] = malloc(Opaque(size_t{4321}));
  free(Opaque(malloc(77)));
  return nullptr;
}

[[gnu::noinline]] void AcrossThreads() {
  worker.Do(FreeIt, Opaque(malloc(2000)));
  void* block = nullptr;
  worker.Do(AllocateHundred, &block);
  free(block);
  worker.Do(AllocateHundred, &block);
  survivors.Keep(block, 100);
  block = Opaque(malloc(50));
  worker.Do(GrowTo5000, &block);
  survivors.Keep(block, 5000);

  void* blocks[2];
  pthread_t thread;
  if (pthread_create(&thread, nullptr, AllocateAndExit, blocks) != 0) _exit(1);
  pthread_join(thread, nullptr);
  survivors.Keep(blocks[0], 1234);
  free(blocks[1]);  // of a thread that is no more
}

// What an earlier window left and this one changes.
[[gnu::noinline]] void OlderBlocks(size_t n) {
  static void* freed_later;
  static void* grown_later;
  static void* never_moved;
  free(freed_later);
  freed_later = Opaque(malloc(150));
  void* grown = realloc(grown_later, Opaque(900 + n));
  if (never_moved == nullptr) never_moved = malloc(600);
  if (realloc(never_moved, Opaque(SIZE_MAX / 2)) != nullptr)
    _exit(1);  // stays where it was born: not counted here
  survivors.Keep(freed_later, 150);
  survivors.Keep(grown, 900 + n);
  if (clean) {
    freed_later = grown_later = nullptr;
    free(never_moved);
    never_moved = nullptr;
  } else {
    grown_later = grown;
  }
}

[[gnu::noinline]] void Many(size_t n) {
  for (size_t i = 0; i < 500 + n; ++i) survivors.Keep(malloc(Opaque(16 + i % 90)), 16 + i % 90);
}

}  // namespace

int main(int argc, char** argv) {
  static victim::RawRuntime runtime;
  clean = argc == 2 && strcmp(argv[1], "clean") == 0;
  const char* path = getenv("VICTIM_EXPECT");
  int expectations = path != nullptr ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : 2;
  worker.Start();
  void* after_response = nullptr;
  for (size_t n = 1;; ++n) {
    runtime.Next();
    void* freed_after_response = Opaque(malloc(999));
    Simple(n);
    Aligned(n);
    NewAndNewArray(n);
    Reallocated(n);
    AcrossThreads();
    OlderBlocks(n);
    Many(n);
    runtime.Respond("{}");
    free(freed_after_response);
    after_response = Opaque(malloc(1111));
    survivors.Keep(after_response, 1111);
    if (clean) survivors.FreeAll();
    Expectation left = survivors.Leave();
    char line[100];
    int length = snprintf(line, sizeof(line), "{\"blocks\":%ld,\"bytes\":%ld}\n", left.blocks, left.bytes);
    if (write(expectations, line, static_cast<size_t>(length)) != length) _exit(1);
  }
}
