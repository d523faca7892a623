// Blocks at the depth of a benchmark's body: a pair, a random replacement among a million, and a pair over
// two threads.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pair.h"

namespace cleanslate::bench {
namespace {

void PairAlone(benchmark::State& state) {
  BlockSizes sizes;
  for (auto _ : state) Pair(sizes.Next());
}
BENCHMARK(PairAlone)->Name("pair");

// Every step gives back a block of any age and asks for one in its place. The blocks stay from call to call:
// only the first pays.
void ReplaceAmong(benchmark::State& state) {
  static std::vector<void*> blocks;
  BlockSizes sizes;
  for (auto count = static_cast<std::size_t>(state.range(0)); blocks.size() < count;) {
    blocks.push_back(std::malloc(sizes.Next()));
  }
  std::uint64_t random = 88172645463325252u;
  for (auto _ : state) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    void*& block = blocks[random % blocks.size()];
    std::free(block);
    block = std::malloc(sizes.Next());
  }
}
BENCHMARK(ReplaceAmong)->Name("replace")->Arg(10'000)->Arg(1'000'000);

// A batch of blocks that one thread fills and another frees. Two are under way, so that neither thread waits
// long.
class Belt {
 public:
  static constexpr std::size_t kBlocks = 4096;
  using Batch = std::vector<void*>;

  void Put(Batch batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < 2; });
    waiting_.push_back(std::move(batch));
    changed_.notify_all();
  }

  Batch Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty(); });
    Batch batch = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    changed_.notify_all();
    return batch;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> waiting_;
};

// One step is a whole batch; both threads' time counts.
void FreedByAnotherThread(benchmark::State& state) {
  Belt belt;
  std::thread consumer([&belt] {
    for (;;) {
      const Belt::Batch batch = belt.Take();
      if (batch.empty()) return;
      for (void* block : batch) std::free(block);
    }
  });
  BlockSizes sizes;
  for (auto _ : state) {
    Belt::Batch batch(Belt::kBlocks);
    for (void*& block : batch) block = std::malloc(sizes.Next());
    belt.Put(std::move(batch));
  }
  belt.Put({});
  consumer.join();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(Belt::kBlocks));
}
BENCHMARK(FreedByAnotherThread)->Name("cross_thread")->MeasureProcessCPUTime();

}  // namespace
}  // namespace cleanslate::bench

BENCHMARK_MAIN();
