// `stress SECONDS [SEED]`: 64 threads do all that one can do with a heap, at random depths, hand blocks to
// each other, end and are followed by others. Every few seconds all of them rest, the window closes, and the
// victim writes what must be alive, counted as it went. Then everything is freed, and nothing may be left.
//
// The threads of one lane come one after the other. A lane's counts are written by its living thread alone.

#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <atomic>

#include "heap_victim.h"

using heap::Fail;
using heap::Opaque;

namespace {

constexpr int kLanes = 64;
constexpr int kSlots = 512;  // blocks of a lane
constexpr int kMostTurns = 3;
constexpr int kPaths = 1 << (kMostTurns + 1);  // a leading one, then the turns
enum Door { kMalloc, kCalloc, kRealloc, kMemalign, kDoors };
constexpr const char* kDoorNames[] = {"stress_malloc", "stress_calloc", "stress_realloc", "stress_memalign"};

struct Block {
  unsigned char* address;
  uint32_t bytes;
  uint16_t window;
  uint8_t door;
  uint8_t path;
};

struct Sum {
  long blocks;
  long bytes;
};

struct Lane {
  uint32_t random;
  Block slots[kSlots];
  Sum born_here[kDoors][kPaths];  // of this window; a lane that frees another's block goes below zero
  Sum live;
  pthread_mutex_t lock;  // of the box
  Block box[kSlots];     // what other lanes handed over
  int in_box;
};

Lane lanes[kLanes];
uint16_t window;
std::atomic<bool> resting;
sem_t arrived;
pthread_key_t at_end;
std::atomic<long> threads_born, operations;

uint32_t Random(Lane& lane, uint32_t below) {
  lane.random = lane.random * 1664525U + 1013904223U;
  return static_cast<uint32_t>((uint64_t{lane.random} * below) >> 32);
}

void Account(Lane& lane, const Block& block, int sign) {
  lane.live.blocks += sign;
  lane.live.bytes += sign * static_cast<long>(block.bytes);
  if (block.window != window) return;
  Sum& sum = lane.born_here[block.door][block.path];
  sum.blocks += sign;
  sum.bytes += sign * static_cast<long>(block.bytes);
}

unsigned char Mark(const Block& block) {
  return static_cast<unsigned char>(reinterpret_cast<uintptr_t>(block.address) >> 4 ^ block.bytes);
}

void Fill(const Block& block) {
  if (block.bytes > 0) block.address[0] = block.address[block.bytes - 1] = Mark(block);
}

void CheckContents(const Block& block) {
  if (block.bytes > 0 && block.address[block.bytes - 1] != Mark(block)) Fail("a block was overwritten");
}

}  // namespace

NAMED void* stress_malloc(size_t size) {
  return Opaque(malloc(Opaque(size)));
}
NAMED void* stress_calloc(size_t size) {
  return Opaque(calloc(1, Opaque(size)));
}
NAMED void* stress_realloc(void* block, size_t size) {
  return Opaque(realloc(block, Opaque(size)));
}
NAMED void* stress_memalign(size_t size) {
  return Opaque(memalign(size_t{64} << size % 5, Opaque(size)));
}

NAMED void* stress_open(Door door, void* old, size_t size) {
  switch (door) {
    case kMalloc:
      return stress_malloc(size);
    case kCalloc:
      return stress_calloc(size);
    case kRealloc:
      return stress_realloc(old, size);
    default:
      return stress_memalign(size);
  }
}

// The path's turns, from its highest bit but one down.
NAMED void* stress_left(unsigned path, int turns, Door door, void* old, size_t size);
NAMED void* stress_right(unsigned path, int turns, Door door, void* old, size_t size);

NAMED void* stress_turn(unsigned path, int turns, Door door, void* old, size_t size) {
  if (turns == 0) return Opaque(stress_open(door, old, size));
  return Opaque((path >> (turns - 1) & 1) != 0 ? stress_right(path, turns - 1, door, old, size)
                                               : stress_left(path, turns - 1, door, old, size));
}
void* stress_left(unsigned path, int turns, Door door, void* old, size_t size) {
  return Opaque(stress_turn(path, turns, door, old, size));
}
void* stress_right(unsigned path, int turns, Door door, void* old, size_t size) {
  char room[240];  // another frame size than the left one's
  memset(room, 1, Opaque(sizeof(room)));
  void* block = stress_turn(path, turns, door, old, size);
  Opaque(&room[0]);
  return block;
}

namespace {

uint32_t RandomSize(Lane& lane) {
  switch (Random(lane, 64)) {
    case 0:
      return 0;
    case 1:
      return 1 + Random(lane, 300000);
    case 2:
    case 3:
    case 4:
      return 1 + Random(lane, 5000);
    default:
      return 1 + Random(lane, 200);
  }
}

Block Allocate(Lane& lane, Door door, void* old) {
  const int turns = static_cast<int>(Random(lane, kMostTurns + 1));
  const unsigned path = 1U << turns | Random(lane, 1U << turns);
  uint32_t bytes = RandomSize(lane);
  if (door == kRealloc && bytes == 0) bytes = 1;  // would free
  Block block = {nullptr, bytes, window, static_cast<uint8_t>(door), static_cast<uint8_t>(path)};
  block.address = static_cast<unsigned char*>(stress_turn(path, turns, door, old, bytes));
  if (block.address == nullptr) Fail("out of memory");
  if (door == kCalloc && bytes > 0 && block.address[bytes - 1] != 0) Fail("calloc didn't clear");
  Fill(block);
  Account(lane, block, +1);
  return block;
}

void FreeBlock(Lane& lane, Block& block) {
  if (block.address == nullptr) return;
  CheckContents(block);
  Account(lane, block, -1);
  free(block.address);
  block = {};
}

void Reallocate(Lane& lane, Block& block) {
  if (block.address != nullptr) {
    CheckContents(block);
    Account(lane, block, -1);
  }
  block = Allocate(lane, kRealloc, block.address);
}

void HandOver(Lane& lane, Block& block) {
  if (block.address == nullptr) return;
  Lane& other = lanes[Random(lane, kLanes)];
  pthread_mutex_lock(&other.lock);
  if (other.in_box < kSlots) {
    other.box[other.in_box++] = block;
    block = {};
  }
  pthread_mutex_unlock(&other.lock);
}

void EmptyBox(Lane& lane) {
  pthread_mutex_lock(&lane.lock);
  while (lane.in_box > 0) {
    Block& block = lane.box[--lane.in_box];
    if (lane.in_box % 4 == 0) {
      Block& mine = lane.slots[Random(lane, kSlots)];
      FreeBlock(lane, mine);
      mine = block;
    } else {
      FreeBlock(lane, block);
    }
  }
  pthread_mutex_unlock(&lane.lock);
}

void Work(Lane& lane) {
  Block& block = lane.slots[Random(lane, kSlots)];
  switch (Random(lane, 8)) {
    case 0:
    case 1:
      FreeBlock(lane, block);
      break;
    case 2:
      Reallocate(lane, block);
      break;
    case 3:
      HandOver(lane, block);
      break;
    case 4:
      FreeBlock(lane, block);
      block = Allocate(lane, kCalloc, nullptr);
      break;
    case 5:
      FreeBlock(lane, block);
      block = Allocate(lane, kMemalign, nullptr);
      break;
    default:
      FreeBlock(lane, block);
      block = Allocate(lane, kMalloc, nullptr);
  }
}

void StartThread(Lane& lane);

}  // namespace

NAMED void* stress_thread(void* argument) {
  auto& lane = *static_cast<Lane*>(argument);
  pthread_setspecific(at_end, &lane);
  const uint32_t life = 200 + Random(lane, 5000);
  for (uint32_t i = 0; i < life && !resting.load(std::memory_order_relaxed); ++i) {
    Work(lane);
    if (i % 64 == 63) EmptyBox(lane);
  }
  operations += life;
  return nullptr;
}

// The thread's last act, after its other destructors: some more work, then the lane goes to its successor.
NAMED void stress_last_act(void* argument) {
  auto& lane = *static_cast<Lane*>(argument);
  for (int i = 0; i < 16; ++i) FreeBlock(lane, lane.slots[Random(lane, kSlots)]);
  if (resting) {
    sem_post(&arrived);
  } else {
    StartThread(lane);
  }
}

namespace {

void StartThread(Lane& lane) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, stress_thread, &lane) != 0) Fail("no thread");
  pthread_attr_destroy(&attributes);
  ++threads_born;
}

double Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void RunFor(double seconds) {
  resting = false;
  for (Lane& lane : lanes) StartThread(lane);
  const timespec span = {
      static_cast<time_t>(seconds),
      static_cast<long>((seconds - static_cast<double>(static_cast<time_t>(seconds))) * 1e9)};
  nanosleep(&span, nullptr);
  resting = true;
  for (int i = 0; i < kLanes; ++i) {
    while (sem_wait(&arrived) != 0) {
    }
  }
}

// Chains are named by door and turns: "stress_calloc RL". tests/heap/test_stress.py reads the same from the
// stacks.
void TellTheTruth() {
  static char names[kDoors][kPaths][32];
  Sum survived = {};
  for (int door = 0; door < kDoors; ++door) {
    for (int path = 1; path < kPaths; ++path) {
      Sum all = {};
      for (Lane& lane : lanes) {
        Sum& sum = lane.born_here[door][path];
        all.blocks += sum.blocks;
        all.bytes += sum.bytes;
        sum = {};
      }
      survived.blocks += all.blocks;
      survived.bytes += all.bytes;
      char turns[8] = "";
      int length = 0;
      for (int bit = 31 - __builtin_clz(static_cast<unsigned>(path)) - 1; bit >= 0; --bit) {
        turns[length++] = (path >> bit & 1) != 0 ? 'R' : 'L';
      }
      turns[length] = '\0';
      snprintf(names[door][path], sizeof(names[door][path]), "%s %s", kDoorNames[door], turns);
      heap::Count(names[door][path], all.blocks, all.bytes);
    }
  }
  // Count() has added the survivors; the rest of the change is what was freed of earlier windows.
  static Sum told;
  Sum live = {};
  for (const Lane& lane : lanes) {
    live.blocks += lane.live.blocks;
    live.bytes += lane.live.bytes;
  }
  heap::CountFreed(told.blocks + survived.blocks - live.blocks, told.bytes + survived.bytes - live.bytes);
  told = live;
}

}  // namespace

HEAP_VICTIM(stress) {
  const double seconds = argc > 0 ? atof(argv[0]) : 60;
  const uint32_t seed = argc > 1 ? static_cast<uint32_t>(atol(argv[1])) : 1;
  constexpr double kWindow = 2;
  sem_init(&arrived, 0, 0);
  pthread_key_create(&at_end, stress_last_act);
  for (int i = 0; i < kLanes; ++i) {
    lanes[i].random = (seed * 64 + static_cast<uint32_t>(i)) * 2654435761U;
    pthread_mutex_init(&lanes[i].lock, nullptr);
  }
  const double end = Now() + seconds;
  do {
    heap::BeginWindow();
    ++window;
    RunFor(kWindow < seconds ? kWindow : seconds);
    TellTheTruth();
    heap::Fact("threads", threads_born);
    heap::Fact("operations", operations);
    heap::EndWindow();
  } while (Now() < end);
  heap::BeginWindow();
  ++window;
  for (Lane& lane : lanes) {
    for (Block& block : lane.slots) FreeBlock(lane, block);
    while (lane.in_box > 0) FreeBlock(lane, lane.box[--lane.in_box]);
  }
  TellTheTruth();
  heap::EndWindow();
  return 0;
}
