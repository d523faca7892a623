#include "record/unwinder.h"

#include <gtest/gtest.h>
#include <libunwind.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "handled_signal.h"
#include "record/frame_address.h"

namespace cleanslate {
namespace {

using Stack = std::vector<std::uintptr_t>;

// An unwinder with all that it stands on.
struct WholeUnwinder {
  StackMemory memory = {};
  StackReads reads = {};

  int Walk(const CallSite& site, std::uintptr_t* frames, int most) {
    return Unwinder(memory, reads).Walk(site, frames, most);
  }
};

// Both walks of one call: ours, and libunwind's as the judge. The test program is one object, so that our
// walk would leave out its frames as the library's own; from the first foreign frame on they must agree.
struct BothWalks {
  Stack ours;
  Stack theirs;
};

__attribute__((noinline)) BothWalks WalkBoth(WholeUnwinder& unwinder) {
  BothWalks walks;
  const CallSite site = CLEANSLATE_CALL_SITE();
  walks.ours.resize(512);
  walks.ours.resize(static_cast<std::size_t>(unwinder.Walk(site, walks.ours.data(), 512)));
  walks.theirs.resize(512);
  walks.theirs.resize(
      static_cast<std::size_t>(unw_backtrace(reinterpret_cast<void**>(walks.theirs.data()), 512)));
  return walks;
}

// The part of `theirs` that begins with our innermost frame.
Stack From(const Stack& theirs, std::uintptr_t first) {
  return {std::find(theirs.begin(), theirs.end(), first), theirs.end()};
}

std::unique_ptr<WholeUnwinder> NewUnwinder() {
  return std::make_unique<WholeUnwinder>();
}

// A way through code of another object: qsort calls back.
std::function<void()>* through_libc = nullptr;
int CallBack(const void*, const void*) {
  if (through_libc != nullptr) {
    std::function<void()>* call = through_libc;
    through_libc = nullptr;
    (*call)();
  }
  return 0;
}
__attribute__((noinline)) void ThroughLibc(std::function<void()> call) {
  int numbers[2] = {1, 2};
  through_libc = &call;
  qsort(numbers, 2, sizeof(int), CallBack);
}

TEST(Unwinder, AgreesWithLibunwindFromTheOutermostForeignFrameOn) {
  auto unwinder = NewUnwinder();
  BothWalks walks;
  ThroughLibc([&] { walks = WalkBoth(*unwinder); });
  ASSERT_FALSE(walks.ours.empty());
  EXPECT_NE(walks.ours.back(), Unwinder::kCut);
  EXPECT_EQ(walks.ours, From(walks.theirs, walks.ours.front()));
  EXPECT_GT(walks.ours.size(), 3u);
}

__attribute__((noinline)) int Recurse(int depth, const std::function<void()>& call) {
  volatile char frame[40] = {};
  if (depth == 0) {
    ThroughLibc(call);
    return 0;
  }
  return Recurse(depth - 1, call) + frame[depth % 40] + 1;
}

TEST(Unwinder, WalksDeepStacks) {
  auto unwinder = NewUnwinder();
  BothWalks walks;
  Recurse(200, [&] { walks = WalkBoth(*unwinder); });
  EXPECT_EQ(walks.ours, From(walks.theirs, walks.ours.front()));
  EXPECT_GT(walks.ours.size(), 200u);
}

TEST(Unwinder, SaysWhenItCutAStackThatIsTooDeep) {
  auto unwinder = NewUnwinder();
  Stack stack(16);
  Recurse(100, [&] {
    stack.resize(static_cast<std::size_t>(unwinder->Walk(CLEANSLATE_CALL_SITE(), stack.data(), 16)));
  });
  EXPECT_LE(stack.size(), 16u);
  ASSERT_GT(stack.size(), 4u);
  EXPECT_EQ(stack.back(), Unwinder::kCut);
}

TEST(Unwinder, AgreesTheSecondTimeToo) {
  auto unwinder = NewUnwinder();
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    BothWalks walks;
    Recurse(static_cast<int>(random() % 60), [&] { walks = WalkBoth(*unwinder); });
    ASSERT_EQ(walks.ours, From(walks.theirs, walks.ours.front())) << i;
  }
}

WholeUnwinder* unwinder_of_handler = nullptr;
Stack handler_stack;
void UnwindInHandler(int) {
  handler_stack.resize(512);
  handler_stack.resize(
      static_cast<std::size_t>(unwinder_of_handler->Walk(CLEANSLATE_CALL_SITE(), handler_stack.data(), 512)));
}

class UnwinderSignal : public ::testing::TestWithParam<bool> {};

TEST_P(UnwinderSignal, WalksThroughASignalFrame) {
  auto unwinder = NewUnwinder();
  unwinder_of_handler = unwinder.get();
  Stack outside;
  {
    const HandledSignal handled(UnwindInHandler, GetParam());
    ThroughLibc([&] {
      raise(SIGUSR1);
      outside = WalkBoth(*unwinder).ours;
    });
  }

  // The handler's stack ends as the interrupted code's does.
  ASSERT_GT(handler_stack.size(), outside.size());
  EXPECT_NE(handler_stack.back(), Unwinder::kCut);
  EXPECT_TRUE(std::equal(outside.rbegin(), outside.rend() - 2, handler_stack.rbegin()));
}

INSTANTIATE_TEST_SUITE_P(OnItsOwnStackOrTheThreads, UnwinderSignal, ::testing::Bool());

WholeUnwinder* in_coroutine = nullptr;
Stack coroutine_stack;
ucontext_t main_context;
ucontext_t coroutine_context;
void Coroutine() {
  ThroughLibc([] {
    coroutine_stack.resize(512);
    coroutine_stack.resize(
        static_cast<std::size_t>(in_coroutine->Walk(CLEANSLATE_CALL_SITE(), coroutine_stack.data(), 512)));
  });
  swapcontext(&coroutine_context, &main_context);
}

TEST(Unwinder, EndsAtTheBottomOfACoroutine) {
  auto unwinder = NewUnwinder();
  in_coroutine = unwinder.get();
  // A fresh stack each round, unmapped afterwards: nothing of an earlier one may be believed.
  for (int round = 0; round < 3; ++round) {
    constexpr std::size_t kBytes = 64 * 1024;
    void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    getcontext(&coroutine_context);
    coroutine_context.uc_stack.ss_sp = memory;
    coroutine_context.uc_stack.ss_size = kBytes;
    coroutine_context.uc_link = &main_context;
    makecontext(&coroutine_context, Coroutine, 0);
    swapcontext(&main_context, &coroutine_context);
    EXPECT_GT(coroutine_stack.size(), 1u);
    EXPECT_LT(coroutine_stack.size(), 20u);
    munmap(memory, kBytes);
    const auto start = reinterpret_cast<std::uintptr_t>(memory);
    EXPECT_TRUE(unwinder->memory.Unmapped(start, start + kBytes));
    EXPECT_FALSE(unwinder->memory.Unmapped(start, start + kBytes));
  }
}

void* WalkInSmallThread(void* argument) {
  auto* unwinder = static_cast<WholeUnwinder*>(argument);
  static std::uintptr_t frames[512];
  const int count = unwinder->Walk(CLEANSLATE_CALL_SITE(), frames, 512);
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(count));
}

TEST(Unwinder, FitsIntoASmallThread) {
  auto unwinder = NewUnwinder();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 16384), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, WalkInSmallThread, unwinder.get()), 0);
  void* count = nullptr;
  pthread_join(thread, &count);
  EXPECT_GE(reinterpret_cast<std::intptr_t>(count), 1);
  pthread_attr_destroy(&attributes);
}

TEST(Unwinder, CutsAtCodeWithoutUnwindInformation) {
  // mov %rdi,%rax; sub $8,%rsp; call *%rax; add $8,%rsp; ret - as a JIT compiler would write it.
#if defined(__x86_64__)
  constexpr unsigned char kCode[] = {0x48, 0x89, 0xf8, 0x48, 0x83, 0xec, 0x08,
                                     0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3};
#elif defined(__aarch64__)
  constexpr unsigned char kCode[] = {0xfd, 0x7b, 0xbf, 0xa9, 0x00, 0x00, 0x3f, 0xd6,
                                     0xfd, 0x7b, 0xc1, 0xa8, 0xc0, 0x03, 0x5f, 0xd6};
#endif
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  std::copy(std::begin(kCode), std::end(kCode), static_cast<unsigned char*>(page));
  mprotect(page, 4096, PROT_READ | PROT_EXEC);
  __builtin___clear_cache(static_cast<char*>(page), static_cast<char*>(page) + sizeof(kCode));

  auto unwinder = NewUnwinder();
  static WholeUnwinder* shared;
  static Stack stack;
  shared = unwinder.get();
  using Call = void (*)(void (*)());
  reinterpret_cast<Call>(page)([] {
    stack.resize(64);
    stack.resize(static_cast<std::size_t>(shared->Walk(CLEANSLATE_CALL_SITE(), stack.data(), 64)));
  });
  ASSERT_EQ(stack.size(), 2u);
  EXPECT_EQ(FrameAddress::Of(stack[0]).tenant, FrameAddress::kNobody);
  stack[0] = FrameAddress::Of(stack[0]).pc;
  EXPECT_GE(stack[0], reinterpret_cast<std::uintptr_t>(page));
  EXPECT_LT(stack[0], reinterpret_cast<std::uintptr_t>(page) + sizeof(kCode));
  EXPECT_EQ(stack[1], Unwinder::kCut);
  munmap(page, 4096);
}

}  // namespace
}  // namespace cleanslate
