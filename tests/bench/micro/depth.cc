// Pairs at the end of a stack of so many frames, all counted, from malloc's caller to _start. Compiled twice,
// without frame pointers and with them; BENCH_VARIANT names which.

#include <execinfo.h>

#include <array>
#include <utility>

#include "pair.h"

namespace cleanslate::bench {
namespace {

#define NOINLINE __attribute__((noinline, noclone))

// After a call, so that it isn't the function's last act: its frame stays on the stack.
inline void Stay() {
  asm volatile("" : : : "memory");
}

// How many frames there are, the caller's included.
NOINLINE int FramesHere() {
  std::array<void*, 512> frames;
  const int found = backtrace(frames.data(), static_cast<int>(frames.size())) - 1;
  Stay();
  return found;
}

// Calls `work` from `frames` frames further down, through two functions in turn whose frames differ in size.
template <typename Work>
NOINLINE void Descend(int frames, const Work& work);

template <typename Work>
NOINLINE void DescendWithLocals(int frames, const Work& work) {
  std::array<int, 12> locals{frames};
  benchmark::DoNotOptimize(locals);
  if (frames <= 0) {
    work();
  } else {
    Descend(frames - 1, work);
  }
  Stay();
}

template <typename Work>
NOINLINE void Descend(int frames, const Work& work) {
  if (frames <= 0) {
    work();
  } else {
    DescendWithLocals(frames - 1, work);
  }
  Stay();
}

// What a function of this file is called for: a dry call only says how many frames there are.
enum class Call : bool { kDry, kReal };

// Calls `loop` where it has a stack of `frames` frames.
template <typename Loop>
void AtDepth(int frames, const Loop& loop) {
  Call call = Call::kDry;
  int found = 0;
  const auto work = [&] { found = loop(call); };
  Descend(0, work);
  call = Call::kReal;
  Descend(frames - found, work);
}

NOINLINE int PairsHere(benchmark::State& state, Call call) {
  if (call == Call::kDry) return FramesHere();
  BlockSizes sizes;
  for (auto _ : state) Pair(sizes.Next());
  return 0;
}

void PairAtDepth(benchmark::State& state) {
  AtDepth(static_cast<int>(state.range(0)), [&](Call call) { return PairsHere(state, call); });
}
BENCHMARK(PairAtDepth)->Name("pair_at_depth_" BENCH_VARIANT)->Arg(25)->Arg(200);

// What most code allocates through, as through operator new: one call of malloc that many callers share.
NOINLINE int PairInWrapper(std::size_t size, Call call) {
  if (call == Call::kDry) return FramesHere();
  Pair(size);
  Stay();
  return 0;
}

template <int>
NOINLINE int Caller(std::size_t size, Call call) {
  const int found = PairInWrapper(size, call);
  Stay();
  return found;
}

template <int>
NOINLINE int Root(int frames, std::size_t size, Call call) {
  int found = 0;
  Descend(frames, [&] { found = PairInWrapper(size, call); });
  return found;
}

constexpr std::size_t kStacks = 8;

template <int... kNumbers>
constexpr auto CallersOf(std::integer_sequence<int, kNumbers...>) {
  return std::array{&Caller<kNumbers>...};
}
template <int... kNumbers>
constexpr auto RootsOf(std::integer_sequence<int, kNumbers...>) {
  return std::array{&Root<kNumbers>...};
}
constexpr auto kCallers = CallersOf(std::make_integer_sequence<int, kStacks>());
constexpr auto kRoots = RootsOf(std::make_integer_sequence<int, kStacks>());

NOINLINE int PairsOfCallers(benchmark::State& state, Call call) {
  if (call == Call::kDry) return kCallers[0](0, call);
  BlockSizes sizes;
  std::size_t turn = 0;
  for (auto _ : state) kCallers[turn++ % kStacks](sizes.Next(), call);
  return 0;
}

// Stacks in turn that differ in the frame above the wrapper.
void PairByCallers(benchmark::State& state) {
  AtDepth(static_cast<int>(state.range(0)), [&](Call call) { return PairsOfCallers(state, call); });
}
BENCHMARK(PairByCallers)->Name("pair_by_8_callers_" BENCH_VARIANT)->Arg(25);

// Stacks in turn that differ many frames above the wrapper, each gone down anew.
void PairByRoots(benchmark::State& state) {
  BlockSizes sizes;
  std::size_t turn = 0;
  const int further = static_cast<int>(state.range(0)) - kRoots[0](0, 0, Call::kDry);
  for (auto _ : state) kRoots[turn++ % kStacks](further, sizes.Next(), Call::kReal);
}
BENCHMARK(PairByRoots)->Name("pair_by_8_roots_" BENCH_VARIANT)->Arg(25);

}  // namespace
}  // namespace cleanslate::bench
