#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanslate/annotate.h"
#include "heap_victim.h"

namespace heap {

constinit const Victim* Victim::first = nullptr;

namespace {

struct Sum {
  long count = 0;
  long bytes = 0;
};

// What this window left, by chain.
struct Ledger {
  static constexpr int kMost = 1024;
  const char* chains[kMost];
  Sum sums[kMost];
  int count = 0;

  Sum& At(const char* chain) {
    for (int i = 0; i < count; ++i) {
      if (chains[i] == chain || strcmp(chains[i], chain) == 0) return sums[i];
    }
    if (count == kMost) Fail("too many chains");
    chains[count] = chain;
    sums[count] = {};
    return sums[count++];
  }
};

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
Ledger survivors, mappings, facts;
Sum live;
int window = 0;
int truth = -1;

class Hold {
 public:
  Hold() { pthread_mutex_lock(&lock); }
  ~Hold() { pthread_mutex_unlock(&lock); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
};

void Add(Ledger& ledger, const Born& thing, long count, long bytes) {
  if (thing.window == window) {
    Sum& sum = ledger.At(thing.chain);
    sum.count += count;
    sum.bytes += bytes;
  }
}

char text[1 << 20];
size_t length;

__attribute__((format(printf, 1, 2))) void Print(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int more = vsnprintf(text + length, sizeof(text) - length, format, arguments);
  va_end(arguments);
  if (more < 0 || length + static_cast<size_t>(more) >= sizeof(text)) Fail("the truth is too long");
  length += static_cast<size_t>(more);
}

void PrintLedger(const char* name, const Ledger& ledger) {
  Print("\"%s\":{", name);
  const char* comma = "";
  for (int i = 0; i < ledger.count; ++i) {
    const Sum& sum = ledger.sums[i];
    if (sum.count == 0 && sum.bytes == 0) continue;
    Print("%s\"%s\":[%ld,%ld]", comma, ledger.chains[i], sum.count, sum.bytes);
    comma = ",";
  }
  Print("},");
}

}  // namespace

void Fail(const char* what) {
  dprintf(2, "victim: %s\n", what);
  _exit(99);
}

Born Keep(const char* chain, void* address, size_t bytes) {
  if (address == nullptr) Fail("an allocation failed");
  const Hold hold;
  const Born block = {address, bytes, chain, window};
  if (window == 0) return block;
  Add(survivors, block, 1, static_cast<long>(bytes));
  live.count += 1;
  live.bytes += static_cast<long>(bytes);
  return block;
}

void Count(const char* chain, long blocks, long bytes) {
  const Hold hold;
  Sum& sum = survivors.At(chain);
  sum.count += blocks;
  sum.bytes += bytes;
  live.count += blocks;
  live.bytes += bytes;
}

void CountFreed(long blocks, long bytes) {
  const Hold hold;
  live.count -= blocks;
  live.bytes -= bytes;
}

void Drop(const Born& block) {
  const Hold hold;
  if (block.window == 0) return;
  Add(survivors, block, -1, -static_cast<long>(block.bytes));
  live.count -= 1;
  live.bytes -= static_cast<long>(block.bytes);
}

void KeepAgain(const Born& block) {
  const Hold hold;
  if (block.window == 0) return;
  Add(survivors, block, 1, static_cast<long>(block.bytes));
  live.count += 1;
  live.bytes += static_cast<long>(block.bytes);
}

Born KeepMapping(const char* chain, void* address, size_t bytes) {
  if (address == reinterpret_cast<void*>(-1)) Fail("a mapping failed");
  const Hold hold;
  const Born region = {address, bytes, chain, window};
  Add(mappings, region, 1, static_cast<long>(bytes));
  return region;
}

void DropMapping(const Born& region, size_t bytes, int regions_more) {
  const Hold hold;
  Add(mappings, region, regions_more, -static_cast<long>(bytes));
}

void Fact(const char* name, long value) {
  const Hold hold;
  facts.At(name) = {value, 0};
}

void BeginWindow() {
  char id[16];
  {
    const Hold hold;
    ++window;
    survivors.count = mappings.count = facts.count = 0;
    snprintf(id, sizeof(id), "w%d", window);
  }
  CLEANSLATE_WINDOW_BEGIN(id);
}

void EndWindow() {
  CLEANSLATE_WINDOW_END();
  const Hold hold;
  length = 0;
  Print("{\"pid\":%d,\"window\":\"w%d\",", getpid(), window);
  PrintLedger("heap", survivors);
  PrintLedger("mappings", mappings);
  Print("\"facts\":{");
  for (int i = 0; i < facts.count; ++i) {
    Print("%s\"%s\":%ld", i == 0 ? "" : ",", facts.chains[i], facts.sums[i].count);
  }
  Print("},\"live\":[%ld,%ld]}\n", live.count, live.bytes);
  if (write(truth, text, length) != static_cast<ssize_t>(length)) Fail("the truth can't be written");
}

void ForgetAll() {
  survivors.count = mappings.count = facts.count = 0;
  live = {};
  window = 0;
}

}  // namespace heap

int main(int argc, char** argv) {
  const char* path = getenv("VICTIM_TRUTH");
  heap::truth = path != nullptr ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : 1;
  for (const heap::Victim* victim = heap::Victim::first; victim != nullptr; victim = victim->next) {
    if (argc >= 2 && strcmp(argv[1], victim->name) == 0) return victim->run(argc - 2, argv + 2);
  }
  dprintf(2, "usage: %s VICTIM [ARGUMENT...]\n", argv[0]);
  return 2;
}
