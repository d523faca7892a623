#include "record/stack_walker.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "handled_signal.h"
#include "record/code_map.h"
#include "record/frame_address.h"
#include "record/stack_memo.h"
#include "record/unwinder.h"

namespace cleanslate {
namespace {

using Stack = std::vector<std::uintptr_t>;

// Walks as the recorder does, and at every place afresh too: the two must agree.
class Walks {
 public:
  Walks() { table_.Open(); }
  ~Walks() { table_.Reset(); }

  __attribute__((noinline)) void Check() { Check(CLEANSLATE_CALL_SITE()); }

  void Check(const CallSite& site) {
    Stack fresh(StackWalker::kMaxFrames);
    fresh.resize(static_cast<std::size_t>(
        Unwinder(memory_, *reads_).Walk(site, fresh.data(), StackWalker::kMaxFrames)));
    const std::uint32_t code = code_map.generation();
    const StackId walked = walker_->Walk(site, code, table_);
    ASSERT_EQ(Expand(walked), fresh);
    ++checked;
    const StackId remembered = memo_->Find(site, code);
    if (remembered == StackId::kNone) {
      memo_->Remember(site, code, walker_->CollectReads(), walked);
      return;
    }
    ASSERT_EQ(remembered, walked);
    ++remembered_;
  }

  Stack Expand(StackId id) const {
    Stack stack(StackWalker::kMaxFrames);
    stack.resize(static_cast<std::size_t>(table_.Expand(id, stack.data(), StackWalker::kMaxFrames)));
    return stack;
  }

  StackWalker& walker() { return *walker_; }
  int checked = 0;
  int remembered() const { return remembered_; }

 private:
  StackTable table_;
  StackMemory memory_ = {};
  std::unique_ptr<StackReads> reads_ = std::make_unique<StackReads>();
  std::unique_ptr<StackWalker> walker_{new StackWalker()};
  std::unique_ptr<StackMemo> memo_{new StackMemo()};
  int remembered_ = 0;
};

// Calls through random functions, so that stacks of many shapes meet at the same depths, and stop in between
// at places where the next ones go on.
struct Maze {
  Walks& walks;
  std::mt19937 random{3};

  // Something to do after each call, so that none of them becomes a jump or a loop.
  template <int kRoom>
  __attribute__((noinline)) int Pass(int depth) {
    volatile char room[kRoom];
    room[0] = static_cast<char>(depth);
    return Next(depth) + room[0];
  }
  // A frame that is found by its frame pointer.
  __attribute__((noinline)) int PassWithRoomAsAsked(int depth, unsigned bytes) {
    volatile char* room = static_cast<volatile char*>(__builtin_alloca(bytes));
    room[0] = static_cast<char>(depth);
    return Next(depth) + room[0];
  }
  // And one whose rule is an expression (the stack is aligned anew).
  __attribute__((noinline)) int PassAligned(int depth) {
    alignas(64) volatile char room[64];
    room[0] = static_cast<char>(depth);
    return Next(depth) + room[0];
  }
  __attribute__((noinline)) int Next(int depth) {
    if (depth == 0 || random() % 8 == 0) walks.Check();
    if (depth == 0) return 0;
    switch (random() % 6) {
      case 0:
        return Pass<16>(depth - 1);
      case 1:
        return Pass<17>(depth - 1);
      case 2:
        return Pass<200>(depth - 1);
      case 3:
        return PassWithRoomAsAsked(depth - 1, 16 + random() % 4 * 16);
      case 4:
        return PassAligned(depth - 1);
      default:
        return Next(depth - 1) + Next(0);
    }
  }
};

// Frames of the test's own object at the inner end are left out, as the library's are: qsort stands in
// between.
int StepIntoMaze(const void* maze, const void*) {
  auto* walk = *static_cast<Maze* const*>(maze);
  walk->Next(static_cast<int>(walk->random() % 7));
  walk->walks.Check();
  return 0;
}

void ThroughLibc(Maze& maze) {
  Maze* pair[2] = {&maze, &maze};
  qsort(static_cast<void*>(pair), 2, sizeof(pair[0]), StepIntoMaze);
}

TEST(StackWalker, GoesWhereAFreshWalkGoes) {
  Walks walks;
  Maze maze{walks};
  for (int round = 0; round < 20000; ++round) {
    ThroughLibc(maze);
    ASSERT_FALSE(::testing::Test::HasFailure()) << round;
  }
  EXPECT_GT(walks.checked, 40000);
  EXPECT_GT(walks.remembered(), 1000);
}

// One level further in each time, and back: all but one frame is as it was.
__attribute__((noinline)) int Recurse(Maze& maze, int depth, int every) {
  volatile int frame = depth;
  if (depth % every == 0) ThroughLibc(maze);
  if (depth > 0) frame = frame + Recurse(maze, depth - 1, every);
  if (depth % every == 1) ThroughLibc(maze);
  return frame + 1;
}

TEST(StackWalker, GoesWhereAFreshWalkGoesAtAnyDepth) {
  Walks walks;
  Maze maze{walks};
  Recurse(maze, 300, 4);
  EXPECT_GT(walks.checked, 100);
}

TEST(StackWalker, CutsWhatIsTooDeepAsAFreshWalkDoes) {
  Walks walks;
  Maze maze{walks};
  Recurse(maze, StackWalker::kMaxFrames + 100, 200);
  EXPECT_GT(walks.checked, 80);
}

TEST(StackWalker, SaysWhetherItsStackIsNew) {
  StackTable table;
  ASSERT_TRUE(table.Open());
  std::unique_ptr<StackWalker> walker(new StackWalker());
  struct Walk {
    StackWalker& walker;
    StackTable& table;
    std::vector<bool> is_new;
    bool due = false;  // once a round: who calls back how often is qsort's affair
  } walk{*walker, table, {}};
  Walk* walks[2] = {&walk, &walk};
  for (int round = 0; round < 3; ++round) {
    walk.due = true;
    qsort(static_cast<void*>(walks), 2, sizeof(walks[0]), [](const void* argument, const void*) {
      Walk& walk = **static_cast<Walk* const*>(argument);
      if (!walk.due) return 0;
      walk.due = false;
      walk.walker.Walk(CLEANSLATE_CALL_SITE(), code_map.generation(), walk.table);
      walk.is_new.push_back(walk.walker.stack_is_new());
      return 0;
    });
  }
  EXPECT_EQ(walk.is_new, (std::vector<bool>{true, false, false}));
  table.Reset();
}

Walks* in_handler = nullptr;
void Handle(int) {
  in_handler->Check();
}

class StackWalkerSignal : public ::testing::TestWithParam<bool> {};

int RaiseInMaze(const void* maze, const void*) {
  auto* walk = *static_cast<Maze* const*>(maze);
  walk->walks.Check();
  raise(SIGUSR1);
  walk->Next(2);
  raise(SIGUSR1);
  return 0;
}

TEST_P(StackWalkerSignal, GoesThroughSignalFrames) {
  Walks walks;
  Maze maze{walks};
  in_handler = &walks;
  {
    const HandledSignal handled(Handle, GetParam());
    for (int round = 0; round < 200; ++round) {
      Maze* pair[2] = {&maze, &maze};
      qsort(static_cast<void*>(pair), 2, sizeof(pair[0]), RaiseInMaze);
    }
  }
  EXPECT_GT(walks.checked, 600);
}

INSTANTIATE_TEST_SUITE_P(OnItsOwnStackOrTheThreads, StackWalkerSignal, ::testing::Bool());

TEST(StackWalker, WhatIsUnmappedIsNotReadAgain) {
  Walks walks;
  Maze maze{walks};
  ThroughLibc(maze);
  const auto here = reinterpret_cast<std::uintptr_t>(&maze);
  EXPECT_FALSE(walks.walker().MemoryUnmapped(0x1000, 0x2000));
  constexpr std::uintptr_t kAround = 1 << 20;
  EXPECT_TRUE(walks.walker().MemoryUnmapped(here - kAround, here + kAround));
  EXPECT_FALSE(walks.walker().MemoryUnmapped(here - kAround, here + kAround));
  ThroughLibc(maze);
}

TEST(FrameAddress, KeepsItsParts) {
  const FrameAddress address = FrameAddress::Of(FrameAddress{0x7fff'1234'5678, true, 0x7ffe}.word());
  EXPECT_EQ(address.pc, 0x7fff'1234'5678u);
  EXPECT_TRUE(address.interrupted);
  EXPECT_EQ(address.tenant, 0x7ffe);
  EXPECT_EQ((FrameAddress{0x1234, false, 0}.word()), 0x1234u);
}

}  // namespace
}  // namespace cleanslate
